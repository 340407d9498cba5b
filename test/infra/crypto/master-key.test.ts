import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TenantKeyRow } from '#infra/crypto/key-store.ts';
import { checkMasterKey, rewrap, WrongMasterKey } from '#infra/crypto/master-key.ts';
import { memoryKeyStore } from '#infra/memory/key-store.ts';
import {
  acme,
  headerOf,
  newSubject,
  randomKeys,
  testSealer,
  umbra,
} from '#test/support/sealing.ts';

const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const random = randomKeys.bytes;

test('the master key of the first start is the only one that later starts accept', async () => {
  const store = memoryKeyStore();
  await checkMasterKey(store, first, random);
  await checkMasterKey(store, first, random);
  await assert.rejects(checkMasterKey(store, second, random), WrongMasterKey);
  await assert.rejects(checkMasterKey(store, second, random), /PALIMPSEST_MASTER_KEY/);
});

test('a master key that only claims to be the right one is refused too', async () => {
  const store = memoryKeyStore();
  await checkMasterKey(store, first, random);
  const lying = memoryKeyStore();
  await checkMasterKey(lying, second, random);
  let id = '';
  await lying.rewrapTenantKeys((row) => ((id = row.masterKeyId), row));
  await store.rewrapTenantKeys((row) => ({ ...row, masterKeyId: id }));
  await assert.rejects(checkMasterKey(store, second, random), WrongMasterKey);
});

test('a master key that is not 32 bytes is refused with its length', async () => {
  await assert.rejects(checkMasterKey(memoryKeyStore(), Buffer.alloc(16), random), /32 bytes.*16/);
});

test('after the master key was replaced, everything opens with the new one and nothing with the old', async () => {
  const store = memoryKeyStore();
  await checkMasterKey(store, first, random);
  const before = testSealer({ store, masterKey: first });
  const sealed = (await before.keyFor(acme, newSubject())).seal(headerOf(), Buffer.from('sealed'));
  const plain = (await before.plainKey(umbra)).seal(
    headerOf({ tenant: umbra }),
    Buffer.from('plain'),
  );

  assert.equal(await rewrap(store, first, second, random), 3);

  await assert.rejects(checkMasterKey(store, first, random), WrongMasterKey);
  await checkMasterKey(store, second, random);
  const after = testSealer({ store, masterKey: second });
  const open = await after.opener([sealed.header, plain.header]);
  assert.equal(Buffer.from(open(sealed)!).toString(), 'sealed');
  assert.equal(Buffer.from(open(plain)!).toString(), 'plain');
  await assert.rejects(testSealer({ store, masterKey: first }).plainKey(umbra), WrongMasterKey);
});

test('replacing with a wrong old master key changes nothing', async () => {
  const store = memoryKeyStore();
  await checkMasterKey(store, first, random);
  await assert.rejects(rewrap(store, second, first, random), WrongMasterKey);
  await checkMasterKey(store, first, random);
});

test('a wrapped key in the place of another’s is not accepted', async () => {
  const store = memoryKeyStore();
  const sealer = testSealer({ store, masterKey: first });
  const [a, b] = [newSubject(), newSubject()];
  for (const subject of [a, b]) await sealer.keyFor(acme, subject);
  await sealer.plainKey(umbra);
  const rows = await Promise.all([a, b].map((subject) => store.newestSubjectKey(acme, subject)));
  const swapped = memoryKeyStore();
  await swapped.addTenantKey((await store.newestTenantKey(acme))!);
  await swapped.addSubjectKey({ ...rows[0]!, wrapped: rows[1]!.wrapped! });
  await swapped.addTenantKey({
    ...((await store.newestTenantKey(acme)) as TenantKeyRow),
    tenant: umbra,
  });
  const later = testSealer({ store: swapped, masterKey: first });
  await assert.rejects(later.keyFor(acme, a), /not sealed with this key/);
  await assert.rejects(later.plainKey(umbra), /not sealed with this key/);
});
