-- Wrapped keys, beside the log and never in it: destroying a subject's key must erase what the log
-- holds for ever, and backups of keys have a retention of their own.

-- The keys of tenants, wrapped by the master key that master_key_id tells apart.
select create_tenant_table('public', 'tenant_keys',
  'version integer not null check (version > 0),
   master_key_id text not null,
   wrapped bytea not null,
   created_at timestamptz not null default now()',
  'version');

-- The keys of subjects (a document, a member), wrapped by their tenant's key. A destroyed key stays
-- as a tombstone: without it the next event would quietly get a new key.
select create_tenant_table('public', 'subject_keys',
  'subject text not null,
   version integer not null check (version > 0),
   tenant_key_version integer,
   wrapped bytea,
   created_at timestamptz not null default now(),
   destroyed_at timestamptz,
   constraint tombstone_or_key check ((wrapped is null) = (destroyed_at is not null)),
   constraint key_names_its_wrapping check (wrapped is null or tenant_key_version is not null)',
  'subject, version');

-- Nobody may change or delete a key: whoever could would lose or swap what it sealed.
grant select, insert on tenant_keys, subject_keys to palimpsest_app, palimpsest_projector;

-- The one way to destroy a key: every version of one subject, of the caller's own tenant.
create function destroy_subject_key(of_tenant text, of_subject text)
returns void language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if of_tenant is distinct from nullif(current_setting('app.tenant_id', true), '') then
    raise insufficient_privilege using message = 'keys are destroyed by their own tenant only';
  end if;
  update subject_keys set wrapped = null, destroyed_at = now()
   where tenant_id = of_tenant and subject = of_subject and wrapped is not null;
  -- A subject that has no key yet must not get one later. Whoever makes its key just now is met by
  -- the conflict.
  insert into subject_keys (tenant_id, subject, version, destroyed_at)
  values (of_tenant, of_subject, 1, now())
  on conflict (tenant_id, subject, version)
  do update set wrapped = null, destroyed_at = now() where subject_keys.wrapped is not null;
end $$;
revoke execute on function destroy_subject_key(text, text) from public;
grant execute on function destroy_subject_key(text, text) to palimpsest_app;
