import type { SnapshotStore } from '#commands/ports.ts';
import { type StreamName, partsOf } from '#domain/stream.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import type { Database } from './database.ts';

type Tables = {
  snapshots: {
    tenant_id: string;
    stream: string;
    state_version: number;
    /** A bigint, which `pg` hands out as text. */
    revision: number | string;
    sealed: Uint8Array;
  };
};

type Snapshot = { readonly revision: number; readonly sealed: Uint8Array };

export function postgresSnapshotStore(database: Database): SnapshotStore {
  return {
    load: async (stream, stateVersion, upTo = Number.MAX_SAFE_INTEGER) =>
      await runAsTenant(tenantOf(stream), () =>
        database.inTenant<Snapshot | undefined, Tables>(async (tx) => {
          const row = await tx
            .selectFrom('snapshots')
            .select(['revision', 'sealed'])
            .where('tenant_id', '=', tenantOf(stream))
            .where('stream', '=', stream)
            .where('state_version', '=', stateVersion)
            .where('revision', '<=', upTo)
            .orderBy('revision', 'desc')
            .limit(1)
            .executeTakeFirst();
          return row && { revision: Number(row.revision), sealed: row.sealed };
        }),
      ),

    save: async (stream, stateVersion, revision, sealed) =>
      await runAsTenant(tenantOf(stream), () =>
        database.inTenant<void, Tables>(async (tx) => {
          await tx
            .insertInto('snapshots')
            .values({
              tenant_id: tenantOf(stream),
              stream,
              state_version: stateVersion,
              revision,
              sealed,
            })
            // Two processes that took the same snapshot took the same state.
            .onConflict((conflict) => conflict.doNothing())
            .execute();
        }),
      ),
  };
}

function tenantOf(stream: StreamName) {
  const parts = partsOf(stream);
  if (!parts) throw new Error(`Not a stream of ours: ${stream}`);
  return parts.tenant;
}
