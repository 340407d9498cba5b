import type { KeyStore, SubjectKeyRow, TenantKeyRow } from '#infra/crypto/key-store.ts';

/** Wrapped keys that are gone when the process ends. */
export function memoryKeyStore(): KeyStore {
  let tenantKeys: TenantKeyRow[] = [];
  let subjectKeys: SubjectKeyRow[] = [];
  const newestOf = <Row extends { readonly version: number }>(rows: Row[]) =>
    rows.toSorted((a, b) => b.version - a.version)[0];
  const ofTenant = (tenant: string) => tenantKeys.filter((row) => row.tenant === tenant);
  const ofSubject = (tenant: string, subject: string) =>
    subjectKeys.filter((row) => row.tenant === tenant && row.subject === subject);

  return {
    newestTenantKey: async (tenant) => newestOf(ofTenant(tenant)),
    addTenantKey: async (row) => {
      const there = ofTenant(row.tenant).find(({ version }) => version === row.version);
      if (!there) tenantKeys.push(row);
      return there ?? row;
    },
    newestSubjectKey: async (tenant, subject) => newestOf(ofSubject(tenant, subject)),
    addSubjectKey: async (row) => {
      const there = ofSubject(row.tenant, row.subject).find((one) => one.version === row.version);
      if (!there) subjectKeys.push(row);
      return there ?? row;
    },
    find: async (refs) => {
      const found = subjectKeys.filter((row) =>
        refs.some((ref) => isSubject(ref, row) && ref.version === row.version),
      );
      const wanted = [
        ...refs.filter(({ subject }) => subject === undefined),
        ...found.map(({ tenant, tenantKeyVersion }) => ({ tenant, version: tenantKeyVersion })),
      ];
      return {
        subjectKeys: found,
        tenantKeys: tenantKeys.filter((row) =>
          wanted.some((ref) => ref.tenant === row.tenant && ref.version === row.version),
        ),
      };
    },
    destroySubjectKeys: async (tenant, subject) => {
      const there = ofSubject(tenant, subject);
      const none = { tenant, subject, version: 1, tenantKeyVersion: 0, wrapped: undefined };
      const tombstones =
        there.length > 0 ? there.map((row) => ({ ...row, wrapped: undefined })) : [none];
      subjectKeys = [...subjectKeys.filter((row) => !there.includes(row)), ...tombstones];
    },
    rewrapTenantKeys: async (rewrap) => {
      tenantKeys = tenantKeys.map(rewrap);
      return tenantKeys.length;
    },
  };
}

const isSubject = (
  a: { readonly tenant: string; readonly subject: string | undefined },
  b: { readonly tenant: string; readonly subject: string | undefined },
) => a.tenant === b.tenant && a.subject === b.subject;
