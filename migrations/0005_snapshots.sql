-- Folded states, sealed like bodies. Never needed for correctness: deleting any row only makes the
-- next load read more events.
select create_tenant_table('public', 'snapshots',
  'stream text not null check (starts_with(stream, tenant_id || ''/'')),
   state_version int not null,
   revision bigint not null check (revision >= 0),
   sealed bytea not null',
  'stream, state_version, revision');

grant select, insert, delete on snapshots to palimpsest_app, palimpsest_projector;
