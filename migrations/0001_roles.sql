-- Three roles, so that a mistake in a query meets the database's own refusal:
--   owner      whoever runs the migrations: owns the tables, used for DDL only
--   projector  may write every tenant's rows, but only because a policy says so (no BYPASSRLS)
--   app        one tenant at a time, and nothing at all when none is set
-- Roles belong to the whole server, so two databases may meet here.
do $$
declare wanted text;
begin
  foreach wanted in array array['palimpsest_app', 'palimpsest_projector'] loop
    begin
      if not exists (select from pg_roles where rolname = wanted) then
        execute format('create role %I nologin', wanted);
      end if;
    exception when duplicate_object or unique_violation then null;
    end;
  end loop;
end $$;

grant usage on schema public to palimpsest_app, palimpsest_projector;

-- Makes a table one of many tenants: partitioned by tenant, a default partition, row-level security
-- that binds its owner too. `tenant_id` leads every key, so a query that names it stays in one
-- partition. Used by migrations and by the engine for a projection's tables.
create function create_tenant_table(schema_name text, table_name text, columns text, key text)
returns void language plpgsql as $$
declare whole text := format('%I.%I', schema_name, table_name);
begin
  execute format('create table %s (tenant_id text not null, %s, primary key (tenant_id, %s)) partition by list (tenant_id)',
                 whole, columns, key);
  execute format('create table %I.%I partition of %s default', schema_name, table_name || '_default', whole);
  execute format('alter table %s enable row level security', whole);
  execute format('alter table %s force row level security', whole);
  execute format('create policy one_tenant on %s to palimpsest_app using (tenant_id = current_setting(''app.tenant_id'', true))', whole);
  execute format('create policy every_tenant on %s to palimpsest_projector using (true)', whole);
  -- The owner is bound by forced row-level security as well; migrations and isolation move rows.
  execute format('create policy owner_moves_rows on %s to current_user using (true)', whole);
end $$;
