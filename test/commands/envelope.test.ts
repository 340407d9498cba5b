import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { z } from 'zod';
import { openEvent, sealEvents, type SealingContext } from '#commands/envelope.ts';
import { type Sealer, SubjectErased } from '#commands/ports.ts';
import { checkHeader } from '#domain/check-header.ts';
import {
  bytes,
  defineEvent,
  documentSubject,
  type EventDefinitions,
  plain,
  type StoredEvent,
} from '#domain/event.ts';
import { canonicalHeader } from '#domain/header.ts';
import type { ApiKeyId, CommandId, MemberId } from '#domain/ids.ts';
import { streamOf } from '#domain/stream.ts';
import { acme, testSealer } from '#test/support/sealing.ts';

const definitions = {
  NoteTaken: defineEvent({
    kind: 'document',
    version: 1,
    schema: z.object({ text: z.string(), ink: bytes().optional() }),
    subject: documentSubject,
  }),
  NoteFiled: defineEvent({ kind: 'document', version: 1, schema: z.object({}), subject: plain }),
  NoteSeen: defineEvent({ kind: 'member', version: 1, schema: z.object({}), subject: plain }),
} satisfies EventDefinitions;

const id = randomUUID();
const stream = streamOf(acme, 'document', id);
const taken = { type: 'NoteTaken', data: { text: 'Nightingale', ink: Uint8Array.of(1, 2) } };
const filed = { type: 'NoteFiled', data: {} };

const contextOf = (changes: Partial<SealingContext> = {}): SealingContext => ({
  principal: { tenant: acme, member: randomUUID() as MemberId, roles: [], groups: [] },
  commandId: randomUUID() as CommandId,
  correlationId: randomUUID(),
  now: new Date('2026-03-01T12:00:00.000Z'),
  ...changes,
});
const start = { revision: 0, notBefore: undefined };

async function opened(sealer: Sealer, events: readonly StoredEvent[]) {
  const open = await sealer.opener(events.map(({ header }) => header));
  return events.map((event, i) => openEvent(open, { ...event, position: BigInt(i) }, definitions));
}

test('what was decided is sealed with a whole header, and opens to what was decided', async () => {
  const sealer = testSealer();
  const commandHash = Uint8Array.of(9, 9);
  const context = contextOf({ commandHash, traceparent: '00-ab-cd-01' });
  const seal = await sealEvents(sealer, definitions, stream, [taken, filed], context);
  const stored = seal({ revision: 7, notBefore: '2026-02-01T00:00:00.000Z' });

  assert.deepEqual(
    stored.map(({ header }) => [header.revision, header.commandIndex, header.subject]),
    [
      [7, 0, `document:${id}`],
      [8, 1, undefined],
    ],
  );
  for (const { header } of stored) {
    assert.deepEqual(checkHeader(canonicalHeader(header)), header);
    assert.equal(header.actor, context.principal.member);
    assert.equal(header.causationId, context.commandId);
    assert.equal(header.traceparent, '00-ab-cd-01');
    assert.equal(header.recordedAt, '2026-03-01T12:00:00.000Z');
    assert.equal('apiKeyId' in header, false);
  }
  const [first, second] = await opened(sealer, stored);
  assert.deepEqual(first?.event, { ...taken, header: stored[0]!.header, position: 0n });
  assert.deepEqual(first?.commandHash, commandHash);
  assert.deepEqual(second?.event, { ...filed, header: stored[1]!.header, position: 1n });
  assert.equal(second?.commandHash, undefined);
});

test('an event that came through an API key or from another event says so', async () => {
  const context = contextOf({ causationId: randomUUID() });
  const apiKey = '0123456789abcdef' as ApiKeyId;
  const principal = { ...context.principal, apiKey };
  const seal = await sealEvents(testSealer(), definitions, stream, [taken], {
    ...context,
    principal,
  });
  const { header } = seal(start)[0]!;
  assert.equal(header.apiKeyId, apiKey);
  assert.equal(header.causationId, context.causationId);
});

test('an event is never recorded before the one it follows, even when the clock was set back', async () => {
  const seal = await sealEvents(testSealer(), definitions, stream, [taken], contextOf());
  const later = '2026-03-01T12:00:00.001Z';
  assert.equal(seal({ revision: 1, notBefore: later })[0]!.header.recordedAt, later);
});

test('sealed again for another place, an event names that place and still opens', async () => {
  const sealer = testSealer();
  const seal = await sealEvents(sealer, definitions, stream, [taken], contextOf());
  for (const revision of [0, 1, 5]) {
    const stored = seal({ revision, notBefore: undefined });
    assert.equal(stored[0]!.header.revision, revision);
    assert.equal((await opened(sealer, stored))[0]?.event.erased, undefined);
  }
});

test('only the last event of a command in several appends lets it take effect', async () => {
  const marks = async (context: Partial<SealingContext>) => {
    const events = [taken, filed];
    const seal = await sealEvents(testSealer(), definitions, stream, events, contextOf(context));
    return seal(start).map(({ header }) => [header.commandIndex, header.unfinished, header.parts]);
  };
  assert.deepEqual(await marks({}), [
    [0, undefined, undefined],
    [1, undefined, undefined],
  ]);
  assert.deepEqual(await marks({ unfinished: true }), [
    [0, true, undefined],
    [1, true, undefined],
  ]);
  assert.deepEqual(await marks({ firstIndex: 5, partsBefore: 2 }), [
    [5, true, undefined],
    [6, undefined, 3],
  ]);
});

test('an event that its slice does not describe like this is not stored', async () => {
  const seal = (event: { type: string; data: object }) =>
    sealEvents(testSealer(), definitions, stream, [event], contextOf());
  await assert.rejects(seal({ type: 'NoteBurnt', data: {} }), /NoteBurnt/);
  await assert.rejects(seal({ type: 'NoteSeen', data: {} }), /kind document/);
  const wrong = { type: 'NoteTaken', data: { text: 'Nightingale', ink: 'Nightingale' } };
  await assert.rejects(seal(wrong), (error: Error) => {
    assert.match(error.message, /NoteTaken.*ink/);
    assert.doesNotMatch(error.message, /Nightingale/);
    return true;
  });
});

test('what the schema does not know is not stored by accident', async () => {
  const sealer = testSealer();
  const event = { type: 'NoteTaken', data: { text: 'x', draft: 'secret' } };
  const seal = await sealEvents(sealer, definitions, stream, [event], contextOf());
  const [read] = await opened(sealer, seal(start));
  assert.ok(read && !read.event.erased);
  assert.deepEqual(read.event.data, { text: 'x' });
});

test('nothing is sealed for an erased subject, and what was sealed is left as its header', async () => {
  const sealer = testSealer();
  const seal = await sealEvents(sealer, definitions, stream, [taken, filed], contextOf());
  const stored = seal(start);
  await sealer.destroy(acme, `document:${id}`);
  const [first, second] = await opened(sealer, stored);
  const { header } = stored[0]!;
  assert.deepEqual(first?.event, { type: 'NoteTaken', header, position: 0n, erased: true });
  assert.equal(second?.event.erased, undefined);
  assert.throws(() => seal(start), SubjectErased);
  await assert.rejects(
    sealEvents(sealer, definitions, stream, [taken], contextOf()),
    SubjectErased,
  );
});
