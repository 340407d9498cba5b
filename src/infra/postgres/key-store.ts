import { type Transaction, sql } from 'kysely';
import type { Subject } from '#domain/event.ts';
import type { TenantId } from '#domain/ids.ts';
import type {
  FoundKeys,
  KeyRef,
  KeyStore,
  SubjectKeyRow,
  TenantKeyRow,
} from '#infra/crypto/key-store.ts';
import { runAsTenant, tenantOrUndefined } from '#infra/tenancy/tenant-context.ts';
import { askedTogether } from './asked-together.ts';
import type { Database } from './database.ts';

type TenantKeys = {
  tenant_id: TenantId;
  version: number;
  master_key_id: string;
  wrapped: Uint8Array;
};
type SubjectKeys = {
  tenant_id: TenantId;
  subject: Subject;
  version: number;
  tenant_key_version: number | null;
  wrapped: Uint8Array | null;
};
type Tables = { tenant_keys: TenantKeys; subject_keys: SubjectKeys };
type Tx = Transaction<Tables>;

/** Keys in `tenant_keys` and `subject_keys`. A request meets its own tenant's only; a projector, everyone's. */
export function postgresKeyStore(database: Database): KeyStore {
  const read = async <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
    tenantOrUndefined() === undefined ? database.inProjector(work) : database.inTenant(work);
  // Documents that were opened together need their keys anew together. A batch is asked as the
  // tenant of its first asker: as another one, row-level security would hide the keys.
  const newest = askedTogether((asked: readonly TenantSubject[]) =>
    read((tx) => newestSubjectKeys(tx, asked)),
  );

  return {
    newestTenantKey: (tenant) => read((tx) => newestTenantKey(tx, tenant)),
    addTenantKey: (row) =>
      read(async (tx) => {
        const { tenant: tenant_id, version, masterKeyId: master_key_id, wrapped } = row;
        await tx
          .insertInto('tenant_keys')
          .values({ tenant_id, version, master_key_id, wrapped })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
        // A statement of its own: only a new snapshot sees the row that another process put first.
        return found(await newestTenantKey(tx, row.tenant));
      }),
    newestSubjectKey: (tenant, subject) =>
      newest(`${tenantOrUndefined() ?? ''} ${tenant}`, { tenant, subject }),
    addSubjectKey: (row) =>
      read(async (tx) => {
        const { tenant: tenant_id, subject, version, wrapped } = row;
        await tx
          .insertInto('subject_keys')
          .values({
            tenant_id,
            subject,
            version,
            tenant_key_version: row.tenantKeyVersion,
            wrapped,
          })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
        return found((await newestSubjectKeys(tx, [row]))[0]);
      }),
    find: (refs) => read((tx) => find(tx, refs)),
    destroySubjectKeys: (tenant, subject) =>
      runAsTenant(tenantOrUndefined() ?? tenant, () =>
        database.inTenant(async (tx) => {
          await sql`select destroy_subject_key(${tenant}, ${subject})`.execute(tx);
        }),
      ),
    rewrapTenantKeys: (rewrap) => database.asOwner((tx: Tx) => rewrapAll(tx, rewrap)),
  };
}

async function newestTenantKey(tx: Tx, tenant: TenantId): Promise<TenantKeyRow | undefined> {
  const row = await tx
    .selectFrom('tenant_keys')
    .select(['tenant_id', 'version', 'master_key_id', 'wrapped'])
    .where('tenant_id', '=', tenant)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && tenantKeyRow(row);
}

type TenantSubject = Pick<SubjectKeyRow, 'tenant' | 'subject'>;

/** Of subjects of one tenant. */
async function newestSubjectKeys(
  tx: Tx,
  asked: readonly TenantSubject[],
): Promise<readonly (SubjectKeyRow | undefined)[]> {
  const { tenant } = asked[0]!;
  const rows = await tx
    .selectFrom('subject_keys')
    .select(['tenant_id', 'subject', 'version', 'tenant_key_version', 'wrapped'])
    .distinctOn('subject')
    .where('tenant_id', '=', tenant)
    .where((eb) => eb('subject', '=', eb.fn.any(eb.val(asked.map(({ subject }) => subject)))))
    .orderBy('subject')
    .orderBy('version', 'desc')
    .execute();
  const bySubject = new Map(rows.map((row) => [row.subject, subjectKeyRow(row)]));
  return asked.map(({ subject }) => bySubject.get(subject));
}

type Found = SubjectKeys & { readonly master_key_id: string | null };

/** One round trip for a batch: the keys themselves, and the tenants' keys that wrap them. */
async function find(tx: Tx, refs: readonly KeyRef[]): Promise<FoundKeys> {
  const tenants = refs.map(({ tenant }) => tenant);
  const subjects = refs.map(({ subject }) => subject ?? null);
  const versions = refs.map(({ version }) => version);
  const { rows } = await sql<Found>`
    with wanted (tenant_id, subject, version) as (
      select * from unnest(${tenants}::text[], ${subjects}::text[], ${versions}::integer[])
    ), subjects as (
      select k.tenant_id, k.subject, k.version, k.tenant_key_version, k.wrapped
      from wanted join subject_keys k using (tenant_id, subject, version)
      where k.tenant_id = any (${tenants}::text[])
    ), wrapping as (
      select tenant_id, version from wanted where subject is null
      union select tenant_id, tenant_key_version from subjects
    )
    select *, null as master_key_id from subjects
    union all
    select k.tenant_id, '', k.version, null, k.wrapped, k.master_key_id
    from wrapping join tenant_keys k using (tenant_id, version)
    where k.tenant_id = any (${tenants}::text[])`.execute(tx);
  return {
    tenantKeys: rows.flatMap(({ master_key_id, wrapped, ...row }) =>
      master_key_id === null || wrapped === null
        ? []
        : [tenantKeyRow({ ...row, master_key_id, wrapped })],
    ),
    subjectKeys: rows.filter((row) => row.master_key_id === null).map(subjectKeyRow),
  };
}

async function rewrapAll(tx: Tx, rewrap: (row: TenantKeyRow) => TenantKeyRow): Promise<number> {
  // A tenant key that was added meanwhile would keep the old master key.
  await sql`lock table tenant_keys in exclusive mode`.execute(tx);
  const rows = await tx.selectFrom('tenant_keys').selectAll().execute();
  for (const row of rows) {
    const { masterKeyId: master_key_id, wrapped } = rewrap(tenantKeyRow(row));
    await tx
      .updateTable('tenant_keys')
      .set({ master_key_id, wrapped })
      .where('tenant_id', '=', row.tenant_id)
      .where('version', '=', row.version)
      .execute();
  }
  return rows.length;
}

const tenantKeyRow = (row: TenantKeys): TenantKeyRow => ({
  tenant: row.tenant_id,
  version: row.version,
  masterKeyId: row.master_key_id,
  wrapped: row.wrapped,
});

const subjectKeyRow = (row: SubjectKeys): SubjectKeyRow => ({
  tenant: row.tenant_id,
  subject: row.subject,
  version: row.version,
  tenantKeyVersion: row.tenant_key_version ?? 0,
  wrapped: row.wrapped ?? undefined,
});

function found<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('A key that was just added is not there.');
  return row;
}
