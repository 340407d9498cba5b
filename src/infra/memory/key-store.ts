import type { KeyRef, KeyStore, SubjectKeyRow, TenantKeyRow } from '#infra/crypto/key-store.ts';

/** Wrapped keys that are gone when the process ends. */
export function memoryKeyStore(): KeyStore {
  let tenantKeys = new Map<string, TenantKeyRow>();
  const subjectKeys = new Map<string, SubjectKeyRow>();

  return {
    newestTenantKey: async (tenant) => newest(tenantKeys.values(), { tenant, subject: undefined }),
    addTenantKey: async (row) => firstOf(tenantKeys, { ...row, subject: undefined }, row),
    newestSubjectKey: async (tenant, subject) => newest(subjectKeys.values(), { tenant, subject }),
    addSubjectKey: async (row) => firstOf(subjectKeys, row, row),
    find: async (refs) => {
      const found = present(
        refs.filter(({ subject }) => subject !== undefined).map(nameOf),
        subjectKeys,
      );
      const asked = refs.filter(({ subject }) => subject === undefined).map(nameOf);
      const wrapping = found.map(({ tenant, tenantKeyVersion }) =>
        nameOf({ tenant, subject: undefined, version: tenantKeyVersion }),
      );
      return { subjectKeys: found, tenantKeys: present([...asked, ...wrapping], tenantKeys) };
    },
    destroySubjectKeys: async (tenant, subject) => {
      const none = { tenant, subject, version: 1, tenantKeyVersion: 0, wrapped: undefined };
      firstOf(subjectKeys, none, none);
      for (const [name, row] of subjectKeys) {
        if (isOf(row, { tenant, subject })) subjectKeys.set(name, { ...row, wrapped: undefined });
      }
    },
    rewrapTenantKeys: async (rewrap) => {
      tenantKeys = new Map([...tenantKeys].map(([name, row]) => [name, rewrap(row)]));
      return tenantKeys.size;
    },
  };
}

type Owner = Pick<KeyRef, 'tenant' | 'subject'>;
type Row = { readonly tenant: string; readonly subject?: string; readonly version: number };

const nameOf = ({ tenant, subject, version }: KeyRef) => JSON.stringify([tenant, subject, version]);

const isOf = (row: Row, { tenant, subject }: Owner) =>
  row.tenant === tenant && row.subject === subject;

const newest = <Kept extends Row>(rows: Iterable<Kept>, owner: Owner): Kept | undefined =>
  [...rows].filter((row) => isOf(row, owner)).toSorted((a, b) => b.version - a.version)[0];

const present = <Kept>(names: readonly string[], rows: ReadonlyMap<string, Kept>): Kept[] =>
  [...new Set(names)].flatMap((name) => rows.get(name) ?? []);

/** Whoever comes second gets what the first one put there. */
function firstOf<Kept>(rows: Map<string, Kept>, ref: KeyRef, row: Kept): Kept {
  const name = nameOf(ref);
  const there = rows.get(name) ?? row;
  rows.set(name, there);
  return there;
}
