import type { Transaction } from 'kysely';
import type { DetectorSettings, PolicyEvent } from '#domain/compliance/policy/events.ts';
import type { PolicyId, TenantId } from '#domain/ids.ts';
import { partsOf } from '#domain/stream.ts';
import { instant } from './page.ts';
import { tableProjection } from './table-projection.ts';

type Row = {
  readonly policy_id: PolicyId;
  readonly policy_version: number;
  readonly detectors: readonly DetectorSettings[];
  readonly in_force: boolean;
  readonly published_at: string;
  readonly revision: number;
};
export type PoliciesTables = { policies: Row & { readonly tenant_id: string } };

const policyIdOf = (stream: string) => partsOf(stream)!.id as PolicyId;

/** Keeps `policies`: what each tenant has looked for in its texts now. */
export const policies = tableProjection<Row, 'policy_id', PolicyEvent>({
  name: 'policies',
  version: 1,
  columns: {
    policy_id: 'text not null',
    policy_version: 'integer not null',
    detectors: 'jsonb not null',
    in_force: 'boolean not null',
    published_at: 'timestamptz not null',
    revision: 'integer not null',
  },
  key: ['policy_id'],
  keyOf: ({ stream }) => ({ policy_id: policyIdOf(stream) }),
  body: {
    PolicyPublished: (_, { data, header }) => ({
      policy_id: data.policyId,
      policy_version: data.version,
      detectors: data.detectors,
      in_force: true,
      published_at: header.recordedAt,
      revision: header.revision,
    }),
  },
  header: {
    // The shipped policy is withdrawn without ever having been published.
    PolicyWithdrawn: (row, { header }) => ({
      policy_id: policyIdOf(header.stream),
      policy_version: row?.policy_version ?? 0,
      detectors: row?.detectors ?? [],
      in_force: false,
      published_at: row?.published_at ?? header.recordedAt,
      revision: header.revision,
    }),
  },
});

export type PolicyItem = {
  readonly id: PolicyId;
  readonly version: number;
  readonly inForce: boolean;
  readonly publishedAt: string;
  readonly revision: number;
};
export type WholePolicy = PolicyItem & { readonly detectors: readonly DetectorSettings[] };

const about = ['policy_id', 'policy_version', 'in_force', 'published_at', 'revision'] as const;

/** By id, without what they say: a deny list can be a megabyte. */
export async function listPolicies(
  tables: Transaction<PoliciesTables>,
  tenant: TenantId,
): Promise<readonly PolicyItem[]> {
  const rows = await tables
    .selectFrom('policies')
    .select(about)
    .where('tenant_id', '=', tenant)
    .orderBy('policy_id')
    .execute();
  return rows.map(itemOf);
}

export async function policyOf(
  tables: Transaction<PoliciesTables>,
  tenant: TenantId,
  policy: PolicyId,
): Promise<WholePolicy | undefined> {
  const row = await tables
    .selectFrom('policies')
    .select([...about, 'detectors'])
    .where('tenant_id', '=', tenant)
    .where('policy_id', '=', policy)
    .executeTakeFirst();
  return row && { ...itemOf(row), detectors: row.detectors };
}

const itemOf = (row: Omit<Row, 'detectors'>): PolicyItem => ({
  id: row.policy_id,
  version: row.policy_version,
  inForce: row.in_force,
  publishedAt: instant(row.published_at),
  revision: row.revision,
});
