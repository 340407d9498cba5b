-- The event log. Nothing in it is ever changed or deleted, and only `append_batch` writes to it.

-- One row: the counter that every append takes in turn. A sequence hands out numbers before the
-- commit, so a reader of `position > last` can pass an event that commits a moment later and never
-- see it. This counter is held until the commit: what is numbered lower is visible earlier.
create table log_head (
  only_row boolean primary key default true check (only_row),
  -- Tells this log from every other: a position of another log means nothing here.
  log_id uuid not null default gen_random_uuid(),
  position bigint not null default 0
);
comment on table log_head is 'platform: one counter orders the whole log, whatever the tenant';
insert into log_head default values;

create function log_head_is_one_row() returns trigger language plpgsql as $$
begin
  raise exception 'log_head holds one row for ever';
end $$;
create trigger one_row before insert or delete or truncate on log_head
  for each statement execute function log_head_is_one_row();

create table events (
  position bigint primary key,
  -- Names are compared byte by byte: a language's sort order would make every look-up slower.
  tenant_id text collate "C" not null,
  stream text collate "C" not null,
  revision bigint not null check (revision >= 0),
  id uuid not null,
  type text collate "C" not null,
  command_id uuid not null,
  command_index integer not null check (command_index >= 0),
  recorded_at timestamptz not null,
  -- Exactly the bytes that were appended (RFC 8785), not jsonb: hashes are made over them.
  header text not null,
  body bytea not null,
  -- Two writers that decided on the same state cannot both be right.
  constraint one_event_a_revision unique (stream, revision),
  -- A command that is decided twice leaves one outcome, whatever the second decision was.
  constraint one_outcome_a_command unique (command_id, command_index, stream),
  -- A mix-up of tenants is refused here even when every check above it failed.
  constraint stream_of_its_tenant check (starts_with(stream, tenant_id || '/'))
);
-- What a tenant's export and audit read: its own events in order, without reading the others'.
create index events_of_tenant on events (tenant_id, position);
-- Bodies are compressed and encrypted before they come here; trying again costs time for nothing.
alter table events alter column body set storage external;
-- The table only grows: without this it would be vacuumed (and its visibility map set) too seldom.
alter table events set (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

create function events_never_change() returns trigger language plpgsql as $$
begin
  raise exception 'events are never changed or deleted';
end $$;
create trigger never_changed before update or delete or truncate on events
  for each statement execute function events_never_change();

alter table events enable row level security;
alter table events force row level security;
create policy one_tenant on events for select to palimpsest_app
  using (tenant_id = current_setting('app.tenant_id', true));
create policy every_tenant on events for select to palimpsest_projector using (true);
-- `append_batch` runs as the owner, whom forced row-level security binds as well.
create policy owner_reads on events for select to current_user using (true);
create policy owner_appends on events for insert to current_user with check (true);
-- Reading is all that these roles may do: even an insert goes through `append_batch`, which is
-- the only way to a position.
grant select on events, log_head to palimpsest_app, palimpsest_projector;

-- Appends a batch (one transaction), each append (one stream, some events) with a verdict of its own:
--   appended   revision and position of its last event
--   repeated   the same events (ids) are already there: answered as the first time
--   duplicate  another outcome of the same command is there
--   wrong      the stream is not at the expected revision; `revision` is where it is
--   early      recorded before the stream's previous event, whose time is `floor`
-- A stream occurs once in a batch. Append n has `streams[n]` and `expected[n]` (-1: absent). Event n
-- belongs to append `appends[n]`; its header begins in `frame` after `heads[n]` bytes, its body
-- after `bodies[n]`, and ends at `ends[n]`. All columns are taken from the header here, so that
-- they cannot disagree with it.
create function append_batch(
  streams text[], expected bigint[], appends integer[], heads integer[], bodies integer[], ends integer[], frame bytea
) returns table (verdict text, revision bigint, "position" bigint, floor text)
language plpgsql security definer
-- Where a definer's names are looked up must not be the caller's choice.
set search_path = pg_catalog, public, pg_temp
-- Whoever holds the counter and does not move (a frozen standby, a forgotten transaction) must not
-- collect a queue of waiting appends.
set lock_timeout = '5s'
-- The plan is kept by the connection. Made while the table was small it would scan the table, and
-- go on doing so when it has grown: only look-ups by index are right at every size.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
#variable_conflict use_column
declare
  head bigint;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'appends need read committed: the checks must see what the last append committed';
  end if;

  -- A statement of its own: the next one has a newer snapshot, which sees all that was committed
  -- while this one waited. In one statement the checks would see the state before the wait.
  select h.position into head from log_head h where h.only_row for no key update;

  return query
  with append as materialized (
    select a.n, a.stream, a.expected, tip.revision as tip, tip.recorded_at as floor
    from unnest(streams, expected) with ordinality as a(stream, expected, n)
    left join lateral (
      select e.revision, e.recorded_at from events e
      where e.stream = a.stream order by e.revision desc limit 1
    ) tip on true
  ), fresh as materialized (
    select sent.n, sent.append, sent.header, sent.body, h.*
    from (
      select s.n, s.append,
             convert_from(substring(frame from s.head + 1 for s.body - s.head), 'UTF8') as header,
             substring(frame from s.body + 1 for s.until - s.body) as body
      from unnest(appends, heads, bodies, ends) with ordinality as s(append, head, body, until, n)
      offset 0
    ) sent,
    jsonb_to_record(sent.header::jsonb) as h(
      tenant text, stream text, revision bigint, id uuid, type text,
      "commandId" uuid, "commandIndex" integer, "recordedAt" timestamptz)
  ), known as materialized (
    select f.append, count(*) as events, bool_and(e.id = f.id) as same,
           max(e.revision) as revision, max(e.position) as position
    from fresh f
    join append a on a.n = f.append and a.tip is not null
    cross join lateral (
      select e.id, e.revision, e.position from events e
      where e.stream = f.stream and e.command_id = f."commandId" and e.command_index = f."commandIndex"
      offset 0 -- one look-up an event: joined freely, the whole table could be read and hashed
    ) e
    group by f.append
  ), size as materialized (
    select f.append, count(*) as events, min(f."recordedAt") as recorded_at from fresh f group by f.append
  ), judged as materialized (
    select a.n, a.stream, a.tip, a.floor, known.revision, known.position,
           case when known.events = size.events and known.same then 'repeated'
                when known.events > 0 then 'duplicate'
                when a.expected <> coalesce(a.tip, -1) then 'wrong'
                when size.recorded_at < a.floor then 'early'
                else 'appended' end as verdict
    from append a
    join size on size.append = a.n
    left join known on known.append = a.n
  ), numbered as materialized (
    select head + row_number() over (order by f.n) as position, f.*
    from fresh f join judged j on j.n = f.append and j.stream = f.stream and j.verdict = 'appended'
  ), inserted as (
    insert into events (position, tenant_id, stream, revision, id, type, command_id, command_index, recorded_at, header, body)
    select n.position, n.tenant, n.stream, n.revision, n.id, n.type, n."commandId", n."commandIndex", n."recordedAt", n.header, n.body
    from numbered n
  ), counted as (
    update log_head h set position = head + (select count(*) from numbered)
    where h.only_row and exists (select from numbered)
  ), woken as materialized (
    -- Wakes the followers when, and only when, this commits.
    select pg_notify('palimpsest_events', max(n.position)::text) from numbered n having count(*) > 0
  ), last as materialized (
    select n.append, max(n.revision) as revision, max(n.position) as position from numbered n group by n.append
  )
  select j.verdict,
         case j.verdict when 'wrong' then coalesce(j.tip, -1) when 'early' then j.tip
                        else coalesce(last.revision, j.revision) end,
         coalesce(last.position, j.position),
         to_char(j.floor at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  from judged j
  left join last on last.append = j.n
  left join woken on true
  order by j.n;
end $$;
revoke all on function append_batch from public;
grant execute on function append_batch to palimpsest_app;

-- What the adapter calls. Each of these functions takes its role itself, and gives it back: a call
-- is one round trip, and a login without rights of its own (noinherit) has none between two calls.
create function append_events(
  streams text[], expected bigint[], appends integer[], heads integer[], bodies integer[], ends integer[], frame bytea
) returns table (verdict text, revision bigint, "position" bigint, floor text)
language sql
set role = palimpsest_app
begin atomic
  select * from append_batch(streams, expected, appends, heads, bodies, ends, frame);
end;

create function read_head() returns table (log_id uuid, "position" bigint)
language sql stable
set role = palimpsest_app
begin atomic
  select log_id, position from log_head;
end;

-- A stream's events, seen as its own tenant sees them. To be called in a transaction of its own,
-- because the tenant is set until the end of it.
create function read_stream(tenant text, stream_name text, start bigint, backward boolean, at_most bigint)
returns table (header text, body bytea, "position" bigint)
language plpgsql
set role = palimpsest_app
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
begin
  perform set_config('app.tenant_id', tenant, true);
  if backward then
    return query select e.header, e.body, e.position from events e
      where e.tenant_id = tenant and e.stream = stream_name and e.revision <= start
      order by e.revision desc limit at_most;
  else
    return query select e.header, e.body, e.position from events e
      where e.tenant_id = tenant and e.stream = stream_name and e.revision >= start
      order by e.revision limit at_most;
  end if;
end $$;

-- The log in commit order, of one tenant or of all (`tenant` null), for whom the projector's rights
-- are meant. Stops early at `at_most_bytes`, after at least one event, so that a reader of large
-- bodies needs no large memory.
create function read_log(
  tenant text, kinds text[], above bigint, up_to bigint, at_most bigint, at_most_bytes bigint
) returns table (header text, body bytea, "position" bigint)
language plpgsql
set role = palimpsest_projector
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
begin
  if tenant is null then
    return query
    select page.header, page.body, page.position from (
      select e.header, e.body, e.position, sum(octet_length(e.body)) over (order by e.position) - octet_length(e.body) as before
      from (select * from events e
            where e.position > above and e.position <= up_to and (kinds is null or e.type = any (kinds))
            order by e.position limit at_most) e
    ) page where page.before < at_most_bytes;
  else
    return query
    select page.header, page.body, page.position from (
      select e.header, e.body, e.position, sum(octet_length(e.body)) over (order by e.position) - octet_length(e.body) as before
      from (select * from events e
            -- Written as a range of the index: with `tenant_id = …` the planner may walk through
            -- everybody's events in order to find the few of a small tenant.
            where (e.tenant_id, e.position) > (tenant, above) and (e.tenant_id, e.position) <= (tenant, up_to)
              and (kinds is null or e.type = any (kinds))
            order by e.tenant_id, e.position limit at_most) e
    ) page where page.before < at_most_bytes;
  end if;
end $$;
