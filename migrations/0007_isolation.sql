-- Large tenants get partitions of their own, while they are in use (`palimpsest tenants isolate`).

create table isolated_tenants (
  tenant_id   text primary key,
  isolated_at timestamptz not null default now()
);
alter table isolated_tenants enable row level security;
alter table isolated_tenants force row level security;
create policy every_tenant on isolated_tenants for select to palimpsest_projector using (true);
create policy owner_isolates on isolated_tenants to current_user using (true) with check (true);
grant select on isolated_tenants to palimpsest_projector;

-- The name of a tenant's partition. A tenant's id may be too long for it, with the table's before it.
create function partition_of_tenant(table_name text, tenant text) returns text language sql immutable
return table_name || '_of_' || left(md5(tenant), 12);

-- As in 0001, and with a partition for everyone who has been isolated: a table that is made later
-- (a new build of a view) must not bring them back into the crowd.
create or replace function create_tenant_table(schema_name text, table_name text, columns text, key text)
returns void language plpgsql as $$
declare
  whole text := format('%I.%I', schema_name, table_name);
  isolated text;
begin
  execute format('create table %s (tenant_id text not null, %s, primary key (tenant_id, %s)) partition by list (tenant_id)',
                 whole, columns, key);
  execute format('create table %I.%I partition of %s default', schema_name, table_name || '_default', whole);
  for isolated in select tenant_id from public.isolated_tenants order by tenant_id loop
    execute format('create table %I.%I partition of %s for values in (%L)',
                   schema_name, public.partition_of_tenant(table_name, isolated), whole, isolated);
  end loop;
  execute format('alter table %s enable row level security', whole);
  execute format('alter table %s force row level security', whole);
  execute format('create policy one_tenant on %s to palimpsest_app using (tenant_id = current_setting(''app.tenant_id'', true))', whole);
  execute format('create policy every_tenant on %s to palimpsest_projector using (true)', whole);
  execute format('create policy owner_moves_rows on %s to current_user using (true)', whole);
end $$;

-- Whoever writes rows of a tenant that is just being moved is told to try again in a moment: the
-- code is of the class (57, operator intervention) that every writer waits out.
create function refuse_while_moving() returns trigger language plpgsql as $$
begin
  raise exception 'this tenant is just being given partitions of its own' using errcode = '57PIS';
end $$;

-- What a move that was killed has left behind would refuse its tenant's rows for ever. Nobody moves
-- while this holds the lock of all moves.
create function end_abandoned_moves() returns void language plpgsql as $$
declare abandoned record;
begin
  if not pg_try_advisory_xact_lock(hashtext('palimpsest.isolation')) then return; end if;
  for abandoned in
    select tgrelid::regclass as table_name from pg_trigger where tgname = 'refuse_while_moving'
  loop
    execute format('drop trigger refuse_while_moving on %s', abandoned.table_name);
    execute format('alter table %s drop constraint if exists moved_away', abandoned.table_name);
  end loop;
end $$;
revoke execute on function end_abandoned_moves() from public;
