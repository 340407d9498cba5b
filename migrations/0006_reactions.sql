-- How far each reaction has followed the log. A reaction issues commands; what it has done is in the
-- events of those, so this row may be behind (the commands are repeated and change nothing) but
-- never ahead.
create table reaction_checkpoints (
  name        text primary key,
  log_id      text not null,
  -- Position and id of the last event that was finished with, its business or not. The id tells a
  -- restored or replaced log from ours.
  position    bigint not null check (position >= 0),
  event_id    uuid,
  moved_at    timestamptz not null,
  -- The fence: every taker of the lease raises it, and a move under an older one changes nothing.
  epoch       bigint not null default 0,
  lease_owner text,
  lease_until timestamptz,
  check ((position = 0) = (event_id is null))
);
comment on table reaction_checkpoints is 'platform: how far each reaction has followed the log';

grant select, insert, update on reaction_checkpoints to palimpsest_projector;
