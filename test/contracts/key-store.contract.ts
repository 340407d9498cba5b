import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { Subject } from '#domain/event.ts';
import type { TenantId } from '#domain/ids.ts';
import type { KeyStore } from '#infra/crypto/key-store.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import { acme, newSubject, umbra } from '#test/support/sealing.ts';

type Open = (t: TestContext) => Promise<KeyStore>;

const tenantKey = (tenant: TenantId, version = 1) => ({
  tenant,
  version,
  masterKeyId: 'm1',
  wrapped: Uint8Array.from(randomBytes(60)),
});
const subjectKey = (tenant: TenantId, subject: Subject, version = 1, tenantKeyVersion = 1) => ({
  tenant,
  subject,
  version,
  tenantKeyVersion,
  wrapped: Uint8Array.from(randomBytes(60)),
});

/** Buffers and byte arrays are the same bytes. */
function same(actual: unknown, expected: unknown) {
  const plain = (value: unknown) =>
    JSON.parse(
      JSON.stringify(value, (_, one: unknown) =>
        one && typeof one === 'object' && 'wrapped' in one && one.wrapped instanceof Uint8Array
          ? { ...one, wrapped: Buffer.from(one.wrapped).toString('hex') }
          : one,
      ) ?? 'null',
    ) as unknown;
  assert.deepEqual(plain(actual), plain(expected));
}

/** What every `KeyStore` promises. `where` runs each call inside a tenant's request, or outside any. */
export function keyStoreContract(name: string, open: Open) {
  const inRequest = { label: 'in a request', as: runAsTenant };
  const outside = { label: 'outside of any', as: <T>(_: TenantId, work: () => T) => work() };

  for (const { label, as } of [inRequest, outside]) {
    test(`${name}: keys that were added are found, newest version first, ${label}`, async (t) => {
      const store = await open(t);
      const subject = newSubject();
      await as(acme, async () => {
        assert.equal(await store.newestTenantKey(acme), undefined);
        assert.equal(await store.newestSubjectKey(acme, subject), undefined);
        for (const version of [1, 2, 10]) {
          const [ofTenant, ofSubject] = [
            tenantKey(acme, version),
            subjectKey(acme, subject, version),
          ];
          same(await store.addTenantKey(ofTenant), ofTenant);
          same(await store.addSubjectKey(ofSubject), ofSubject);
          same(await store.newestTenantKey(acme), ofTenant);
          same(await store.newestSubjectKey(acme, subject), ofSubject);
        }
      });
    });

    test(`${name}: whoever adds a key that is there gets the one that is there, ${label}`, async (t) => {
      const store = await open(t);
      const subject = newSubject();
      await as(acme, async () => {
        const answers = await Promise.all(
          Array.from({ length: 8 }, () => store.addSubjectKey(subjectKey(acme, subject))),
        );
        for (const answer of answers) same(answer, answers[0]);
        const tenants = await Promise.all(
          Array.from({ length: 8 }, () => store.addTenantKey(tenantKey(acme))),
        );
        for (const answer of tenants) same(answer, tenants[0]);
      });
    });

    test(`${name}: a destroyed key leaves a tombstone that nothing replaces, ${label}`, async (t) => {
      const store = await open(t);
      const [subject, other, never] = [newSubject(), newSubject(), newSubject()];
      await as(acme, async () => {
        await store.addSubjectKey(subjectKey(acme, subject, 1));
        await store.addSubjectKey(subjectKey(acme, subject, 2));
        const kept = await store.addSubjectKey(subjectKey(acme, other));

        await store.destroySubjectKeys(acme, subject);
        await store.destroySubjectKeys(acme, subject);
        await store.destroySubjectKeys(acme, never);

        const { subjectKeys } = await store.find([
          { tenant: acme, subject, version: 1 },
          { tenant: acme, subject, version: 2 },
        ]);
        assert.equal(subjectKeys.length, 2);
        for (const key of subjectKeys) assert.equal(key.wrapped, undefined);
        for (const gone of [subject, never]) {
          assert.equal((await store.newestSubjectKey(acme, gone))?.wrapped, undefined);
          assert.equal((await store.addSubjectKey(subjectKey(acme, gone))).wrapped, undefined);
        }
        same(await store.newestSubjectKey(acme, other), kept);
      });
    });
  }

  test(`${name}: finds keys of many tenants at once, with the keys that wrap them`, async (t) => {
    const store = await open(t);
    const [a, b, gone] = [newSubject(), newSubject(), newSubject()];
    const ours = [tenantKey(acme, 1), tenantKey(acme, 2), tenantKey(acme, 3)];
    const theirs = tenantKey(umbra);
    for (const row of [...ours, theirs]) await store.addTenantKey(row);
    const keys = [subjectKey(acme, a, 1, 2), subjectKey(umbra, b), subjectKey(umbra, a)] as const;
    for (const row of keys) await store.addSubjectKey(row);
    await store.destroySubjectKeys(umbra, gone);

    const found = await store.find([
      { tenant: acme, subject: a, version: 1 },
      { tenant: acme, subject: undefined, version: 3 },
      { tenant: umbra, subject: b, version: 1 },
      { tenant: umbra, subject: gone, version: 1 },
      { tenant: acme, subject: a, version: 2 },
      { tenant: acme, subject: b, version: 1 },
      { tenant: umbra, subject: undefined, version: 7 },
    ]);

    const name = (row: object) => JSON.stringify(row).slice(0, 90);
    const sorted = <Row extends object>(rows: readonly Row[]) =>
      rows.toSorted((x, y) => (name(x) < name(y) ? -1 : 1));
    same(sorted(found.tenantKeys), sorted([ours[1]!, ours[2]!, theirs]));
    const subjects = found.subjectKeys.map(({ tenant, subject, wrapped }) => ({
      tenant,
      subject,
      wrapped,
    }));
    same(
      sorted(subjects),
      sorted([
        { tenant: acme, subject: a, wrapped: keys[0].wrapped },
        { tenant: umbra, subject: b, wrapped: keys[1].wrapped },
        { tenant: umbra, subject: gone, wrapped: undefined },
      ]),
    );
    same(await store.find([]), { tenantKeys: [], subjectKeys: [] });
  });

  test(`${name}: wraps all tenant keys anew, or none when one cannot be`, async (t) => {
    const store = await open(t);
    const rows = [tenantKey(acme, 1), tenantKey(acme, 2), tenantKey(umbra)];
    for (const row of rows) await store.addTenantKey(row);
    let seen = 0;
    await assert.rejects(
      store.rewrapTenantKeys((row) => {
        if (++seen === 3) throw new Error('another master key');
        return { ...row, masterKeyId: 'm2' };
      }),
    );
    same(await store.newestTenantKey(acme), rows[1]);
    const flip = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 255);
    const rewrapped = await store.rewrapTenantKeys((row) => ({
      ...row,
      masterKeyId: 'm2',
      wrapped: flip(Uint8Array.from(row.wrapped)),
    }));
    assert.equal(rewrapped, 3);
    for (const row of [rows[1]!, rows[2]!]) {
      const expected = { ...row, masterKeyId: 'm2', wrapped: flip(row.wrapped) };
      same(await store.newestTenantKey(row.tenant), expected);
    }
  });
}
