import assert from 'node:assert/strict';
import { hash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { LogTampered, type Sealer, SubjectErased } from '#commands/ports.ts';
import type { EventHeader, StoredEvent } from '#domain/event.ts';
import { eventIdOf } from '#domain/header.ts';
import type { KeyStore } from '#infra/crypto/key-store.ts';
import { memoryKeyStore } from '#infra/memory/key-store.ts';
import {
  acme,
  headerOf,
  newSubject,
  stoppedClock,
  testSealer,
  umbra,
} from '#test/support/sealing.ts';

const text = (length: number) =>
  Buffer.from('All happy families are alike. '.repeat(length / 30 + 1));

/** As it comes from the log, of which nobody here remembers anything. */
async function opened(sealer: Sealer, event: StoredEvent): Promise<Uint8Array | undefined> {
  const open = await sealer.opener([event.header]);
  return open({ header: { ...event.header }, body: event.body });
}

test('whatever was sealed opens to the same bytes, plain or under a subject', async () => {
  const sealer = testSealer();
  const keys = [await sealer.plainKey(acme), await sealer.keyFor(acme, newSubject())];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...keys),
      fc.oneof(fc.uint8Array({ maxLength: 3_000 }), fc.nat(5_000).map(text)),
      async (key, plain) => {
        const event = key.seal(headerOf(), plain);
        assert.deepEqual(Buffer.from((await opened(sealer, event)) ?? []), Buffer.from(plain));
      },
    ),
  );
});

test('an event that was opened before opens to nothing once its key is destroyed', async () => {
  const sealer = testSealer();
  const subject = newSubject();
  const event = (await sealer.keyFor(acme, subject)).seal(headerOf(), text(60));
  const open = await sealer.opener([event.header]);
  assert.deepEqual(Buffer.from(open(event) ?? []), text(60));
  assert.equal(open(event), open(event));
  // Whoever was told of it and holds other bytes is not answered from memory.
  const altered = Uint8Array.from(event.body, (byte, index) => (index === 20 ? byte ^ 1 : byte));
  assert.throws(() => open({ ...event, body: altered }), LogTampered);
  await sealer.destroy(acme, subject);
  assert.equal(open(event), undefined);
  assert.equal(await opened(sealer, event), undefined);
});

test('a sealed body does not show what it holds; a plain one does', async () => {
  const sealer = testSealer();
  const secret = Buffer.from('the merger is called Nightingale');
  const sealed = (await sealer.keyFor(acme, newSubject())).seal(headerOf(), secret);
  const plain = (await sealer.plainKey(acme)).seal(headerOf(), secret);
  assert.equal(Buffer.from(sealed.body).includes('Nightingale'), false);
  assert.equal(Buffer.from(plain.body).includes('Nightingale'), true);
});

test('the same bytes under one subject have one HMAC, under another subject another', async () => {
  const sealer = testSealer();
  const [a, b] = [await sealer.keyFor(acme, newSubject()), await sealer.keyFor(acme, newSubject())];
  const hmac = (key: typeof a) => key.seal(headerOf(), text(60)).header.bodyHmac;
  assert.match(hmac(a), /^[0-9a-f]{64}$/);
  assert.equal(hmac(a), hmac(a));
  assert.notEqual(hmac(a), hmac(b));
});

test('long text is stored in less space, random bytes are not inflated by trying', async () => {
  const sealer = testSealer();
  const key = await sealer.keyFor(acme, newSubject());
  assert.ok(key.seal(headerOf(), text(5_000)).body.length < 500);
  assert.equal(key.seal(headerOf(), randomBytes(5_000)).body.length, 5_000 + 1 + 12 + 16);
});

const everyOptionalField = {
  commandIndex: 1,
  apiKeyId: '0123456789abcdef' as NonNullable<EventHeader['apiKeyId']>,
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  unfinished: true as const,
  parts: 2,
};

for (const kind of ['sealed', 'plain'] as const) {
  const sealedEvent = async (sealer: Sealer, plain: Uint8Array) => {
    const key = await (kind === 'plain'
      ? sealer.plainKey(acme)
      : sealer.keyFor(acme, newSubject()));
    return key.seal(headerOf(everyOptionalField), plain);
  };

  test(`a change to any field of the header of a ${kind} event is noticed`, async () => {
    const sealer = testSealer();
    const other = newSubject();
    await sealer.keyFor(acme, other);
    await sealer.keyFor(umbra, other);
    await sealer.plainKey(umbra);
    const event = await sealedEvent(sealer, text(100));
    assert.ok(await opened(sealer, event));
    const foreign: Partial<Record<string, unknown>> = { tenant: umbra, subject: other };
    for (const [field, value] of Object.entries(event.header)) {
      const changes = [
        foreign[field],
        undefined,
        changed(value),
        typeof value === 'string' ? '' : 0,
      ];
      for (const change of changes) {
        const { [field as 'type']: _, ...without } = event.header;
        const header = (
          change === undefined ? without : { ...without, [field]: change }
        ) as EventHeader;
        await assert.rejects(opened(sealer, { ...event, header }), LogTampered, field);
      }
    }
    const extended = { ...event.header, later: 1 };
    await assert.rejects(opened(sealer, { ...event, header: extended }), LogTampered);
  });

  for (const length of [40, 3_000]) {
    test(`a change to any bit of a ${kind} body of ${length} bytes is noticed`, async () => {
      const sealer = testSealer();
      const event = await sealedEvent(sealer, text(length));
      for (let bit = 0; bit < event.body.length * 8; bit++) {
        const body = Uint8Array.from(event.body);
        body[bit >> 3]! ^= 1 << (bit & 7);
        await assert.rejects(opened(sealer, { ...event, body }), LogTampered);
        // Nor does it help to make the id fit: it is a hash, and anyone can make one.
        await assert.rejects(opened(sealer, withFittingId({ ...event, body })), LogTampered);
      }
    });
  }

  test(`a ${kind} body that was cut or extended is noticed`, async () => {
    const sealer = testSealer();
    const event = await sealedEvent(sealer, text(3_000));
    for (let length = 0; length < event.body.length; length++) {
      const cut = withFittingId({ ...event, body: event.body.subarray(0, length) });
      await assert.rejects(opened(sealer, cut), LogTampered);
    }
    const longer = withFittingId({ ...event, body: Buffer.concat([event.body, Buffer.of(0)]) });
    await assert.rejects(opened(sealer, longer), LogTampered);
  });
}

test('the body of another event of the same subject does not fit', async () => {
  const sealer = testSealer();
  const key = await sealer.keyFor(acme, newSubject());
  const [a, b] = [key.seal(headerOf(), text(40)), key.seal(headerOf(), text(40))];
  await assert.rejects(opened(sealer, withFittingId({ ...a, body: b.body })), LogTampered);
});

test('a destroyed key is gone at once here, and its events are still there as erased', async () => {
  const sealer = testSealer();
  const [subject, other] = [newSubject(), newSubject()];
  const key = await sealer.keyFor(acme, subject);
  const events = [key, await sealer.keyFor(acme, other)].map((one) =>
    one.seal(headerOf(), text(9)),
  );
  const openBefore = await sealer.opener(events.map(({ header }) => header));

  await sealer.destroy(acme, subject);

  await assert.rejects(sealer.keyFor(acme, subject), SubjectErased);
  assert.throws(() => key.seal(headerOf(), text(9)), SubjectErased);
  const open = await sealer.opener(events.map(({ header }) => header));
  for (const opener of [open, openBefore]) {
    assert.equal(opener(events[0]!), undefined);
    assert.ok(opener(events[1]!));
  }
});

test('a key destroyed by another process is gone here when its time in the cache is up', async () => {
  const [store, clock] = [memoryKeyStore(), stoppedClock()];
  const [here, there] = [1, 2].map(() => testSealer({ store, clock, ttlMs: 60_000 })) as [
    Sealer,
    Sealer,
  ];
  const subject = newSubject();
  const event = (await here.keyFor(acme, subject)).seal(headerOf(), text(9));

  await there.destroy(acme, subject);
  clock.move(59_999);
  assert.ok(await opened(here, event));
  clock.move(1);
  assert.equal(await opened(here, event), undefined);
  await assert.rejects(here.keyFor(acme, subject), SubjectErased);
});

for (const slow of ['newestSubjectKey', 'find'] as const) {
  test(`a key that ${slow} was fetching while it was destroyed is not kept`, async () => {
    const store = memoryKeyStore();
    const subject = newSubject();
    const event = (await testSealer({ store }).keyFor(acme, subject)).seal(headerOf(), text(9));
    const [fetched, proceed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const held = async <T>(answer: Promise<T>): Promise<T> => {
      const rows = await answer;
      fetched.resolve();
      await proceed.promise;
      return rows;
    };
    const slowStore: KeyStore = {
      ...store,
      [slow]: (...of: [never, never]) => held<unknown>(store[slow](...of)),
    };
    const sealer = testSealer({ store: slowStore });
    const fetching: Promise<unknown> =
      slow === 'find' ? sealer.opener([event.header]) : sealer.keyFor(acme, subject);
    await fetched.promise;
    await sealer.destroy(acme, subject);
    proceed.resolve();
    await fetching;
    await assert.rejects(sealer.keyFor(acme, subject), SubjectErased);
    assert.equal(await opened(sealer, event), undefined);
  });
}

test('a subject that never had a key can be destroyed, and never gets one', async () => {
  const sealer = testSealer();
  const subject = newSubject();
  await sealer.destroy(acme, subject);
  await assert.rejects(sealer.keyFor(acme, subject), SubjectErased);
});

test('a subject of one tenant is not the subject of the same name of another', async () => {
  const sealer = testSealer();
  const subject = newSubject();
  const [ours, theirs] = [await sealer.keyFor(acme, subject), await sealer.keyFor(umbra, subject)];
  const event = theirs.seal(headerOf({ tenant: umbra }), text(9));
  await sealer.destroy(acme, subject);
  assert.throws(() => ours.seal(headerOf(), text(9)), SubjectErased);
  assert.ok(await opened(sealer, event));
});

test('more keys than the cache holds are fetched again when they are needed', async () => {
  const sealer = testSealer({ maxKeys: 4 });
  const events = await Promise.all(
    Array.from({ length: 20 }, async (_, i) =>
      (await sealer.keyFor(acme, `document:${i}`)).seal(headerOf(), Buffer.of(i)),
    ),
  );
  const open = await sealer.opener(events.map(({ header }) => header));
  assert.deepEqual(
    events.map((event) => open(event)?.[0]),
    events.map((_, i) => i),
  );
});

test('sealed bytes open only under their name, and only with their subject’s key', async () => {
  const sealer = testSealer();
  const key = await sealer.keyFor(acme, newSubject());
  for (const plain of [text(9), text(5_000)]) {
    const sealed = key.sealBytes('snapshot a 7', plain);
    assert.deepEqual(Buffer.from(key.openBytes('snapshot a 7', sealed)!), plain);
    assert.equal(key.openBytes('snapshot a 8', sealed), undefined);
    assert.equal(
      (await sealer.keyFor(acme, newSubject())).openBytes('snapshot a 7', sealed),
      undefined,
    );
    sealed[0]! ^= 1;
    assert.equal(key.openBytes('snapshot a 7', sealed), undefined);
  }
});

function changed(value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  if (typeof value !== 'string') return undefined;
  const last = value.at(-1) === 'a' ? 'b' : 'a';
  return value.slice(0, -1) + last;
}

function withFittingId(event: StoredEvent): StoredEvent {
  const { stream, commandId, commandIndex } = event.header;
  const sha256 = hash('sha256', event.body, 'hex');
  const id = eventIdOf(stream, commandId, commandIndex, sha256);
  return { ...event, header: { ...event.header, id } };
}
