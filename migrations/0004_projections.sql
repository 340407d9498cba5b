-- Read models live in a Postgres schema of their own for each version and generation, so that a
-- rebuild fills a new one beside the old, and the swap is one row of `projection_registry`.

create table projection_generations (
  projection  text not null,
  version     integer not null,
  generation  integer not null,
  schema_name text not null unique,
  -- Fixed for a generation: another count would give tenants to other partitions.
  partitions  integer not null check (partitions > 0),
  created_at  timestamptz not null,
  -- Set when nobody should read it any more (swapped out, cancelled, an older version). Its schema
  -- is dropped some time later, so that a reader which has just resolved it still finds its tables.
  retired_at  timestamptz,
  primary key (projection, version, generation)
);
comment on table projection_generations is 'platform: which builds of the read models there are';

-- Keyed by version too: while a new version is built, the old processes read theirs.
create table projection_registry (
  projection  text not null,
  version     integer not null,
  generation  integer not null,
  schema_name text not null,
  primary key (projection, version),
  foreign key (projection, version, generation) references projection_generations
);
comment on table projection_registry is 'platform: which schema readers of a projection use';

create table projection_checkpoints (
  projection  text not null,
  version     integer not null,
  generation  integer not null,
  partition   integer not null,
  -- Position and id of the last event our consumer finished with, its business or not. The id
  -- tells a restored or replaced log from ours.
  position    bigint not null default 0,
  event_id    uuid,
  -- How many events that were. Lag is counted in these, because positions may have holes.
  ordinal     bigint not null default 0,
  log_id      text,
  moved_at    timestamptz not null,
  -- The first time it had reached the log's head: from then on it may be read.
  caught_up_at timestamptz,
  -- The fence: every taker of the lease raises it, and a commit under an older one changes nothing.
  epoch       bigint not null default 0,
  lease_owner text,
  lease_until timestamptz,
  primary key (projection, version, generation, partition),
  foreign key (projection, version, generation) references projection_generations on delete cascade,
  check ((position = 0) = (event_id is null))
);
comment on table projection_checkpoints is 'platform: how far each build of a read model has come';

-- A stream whose event could not be handled waits here, with everything that came after it, while
-- other streams flow on. What was in the events is not kept: they are read again from the log.
select create_tenant_table('public', 'projection_dead_letters', $$
  projection     text not null,
  version        integer not null,
  generation     integer not null,
  stream         text not null,
  partition      integer not null,
  first_revision bigint not null,
  first_position bigint not null,
  first_event_id uuid not null,
  last_revision  bigint not null,
  events         bigint not null,
  error          text not null,
  parked_at      timestamptz not null,
  foreign key (projection, version, generation) references projection_generations on delete cascade
$$, 'projection, version, generation, stream');

grant select on projection_registry, projection_checkpoints to public;
grant select, insert, update, delete on
  projection_generations, projection_registry, projection_checkpoints, projection_dead_letters
  to palimpsest_projector;
