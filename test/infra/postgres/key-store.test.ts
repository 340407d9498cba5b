import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { LogTampered, SubjectErased } from '#commands/ports.ts';
import { postgresDatabase } from '#infra/postgres/database.ts';
import { postgresKeyStore } from '#infra/postgres/key-store.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import { keyStoreContract } from '#test/contracts/key-store.contract.ts';
import { freshDatabase } from '#test/support/database.ts';
import { acme, headerOf, newSubject, testSealer, umbra } from '#test/support/sealing.ts';

keyStoreContract('postgres key store', async (t) => postgresKeyStore(await freshDatabase(t)));

test('two processes that make the first key of a subject at once agree on one', async (t) => {
  const first = await freshDatabase(t);
  const second = postgresDatabase({ url: first.url });
  t.after(() => second.close());
  const processes = [first, second].map((one) => testSealer({ store: postgresKeyStore(one) }));
  for (let round = 0; round < 20; round++) {
    const subject = newSubject();
    const [a, b] = await Promise.all(
      processes.map((sealer) => runAsTenant(acme, () => sealer.keyFor(acme, subject))),
    );
    assert.equal(
      b?.openBytes('note', a!.sealBytes('note', Buffer.from('hello')))?.toString(),
      'hello',
    );
  }
});

test('a key destroyed while another process makes it stays destroyed', async (t) => {
  const first = await freshDatabase(t);
  const second = postgresDatabase({ url: first.url });
  t.after(() => second.close());
  const [maker, destroyer] = [first, second].map((one) =>
    testSealer({ store: postgresKeyStore(one) }),
  );
  for (let round = 0; round < 20; round++) {
    const subject = newSubject();
    await Promise.all([
      maker!.keyFor(acme, subject).catch(() => undefined),
      destroyer!.destroy(acme, subject),
    ]);
    const later = testSealer({ store: postgresKeyStore(first) });
    await assert.rejects(later.keyFor(acme, subject), SubjectErased);
  }
});

test('a request sees, adds and destroys the keys of its own tenant only', async (t) => {
  const store = postgresKeyStore(await freshDatabase(t));
  const sealer = testSealer({ store });
  const subject = newSubject();
  const event = (await sealer.keyFor(umbra, subject)).seal(
    headerOf({ tenant: umbra }),
    Buffer.from('theirs'),
  );
  const ref = { tenant: umbra, subject, version: 1 };
  await runAsTenant(acme, async () => {
    assert.equal(await store.newestTenantKey(umbra), undefined);
    assert.equal(await store.newestSubjectKey(umbra, subject), undefined);
    assert.deepEqual(await store.find([ref]), { tenantKeys: [], subjectKeys: [] });
    await assert.rejects(store.destroySubjectKeys(umbra, subject), /own tenant only/);
    const row = { ...ref, subject: newSubject(), tenantKeyVersion: 1, wrapped: Buffer.of(1) };
    await assert.rejects(store.addSubjectKey(row), /row-level security/);
    const tenantKey = { tenant: umbra, version: 2, masterKeyId: 'm', wrapped: Buffer.of(1) };
    await assert.rejects(store.addTenantKey(tenantKey), /row-level security/);
  });
  const open = await sealer.opener([event.header]);
  assert.equal(Buffer.from(open(event)!).toString(), 'theirs');
});

test('no role but the owner can change or delete a key, or destroy one without a tenant', async (t) => {
  const database = await freshDatabase(t);
  await testSealer({ store: postgresKeyStore(database) }).keyFor(acme, newSubject());
  const attempts = [
    sql`update subject_keys set wrapped = null, destroyed_at = now() where tenant_id = ${acme}`,
    sql`delete from subject_keys where tenant_id = ${acme}`,
    sql`update tenant_keys set wrapped = '' where tenant_id = ${acme}`,
    sql`delete from tenant_keys where tenant_id = ${acme}`,
    sql`select * from subject_keys_default where tenant_id = ${acme}`,
  ];
  for (const attempt of attempts) {
    await assert.rejects(
      runAsTenant(acme, () => database.inTenant((tx) => attempt.execute(tx))),
      /permission denied/,
    );
    await assert.rejects(
      database.inProjector((tx) => attempt.execute(tx)),
      /permission denied/,
    );
  }
  await assert.rejects(
    database.inProjector((tx) =>
      sql`select destroy_subject_key(${acme}, 'document:1')`.execute(tx),
    ),
    /permission denied/,
  );
});

test('an event that names an impossible key is tampered with, not an error of the database', async (t) => {
  const sealer = testSealer({ store: postgresKeyStore(await freshDatabase(t)) });
  const event = (await sealer.keyFor(acme, newSubject())).seal(headerOf(), Buffer.from('x'));
  for (const keyVersion of [0, -1, 2, 1.5, 2 ** 31, 2 ** 53, '1', null]) {
    const header = { ...event.header, keyVersion: keyVersion as number };
    const open = await sealer.opener([header]);
    assert.throws(() => open({ ...event, header }), LogTampered);
  }
});
