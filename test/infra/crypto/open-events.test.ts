import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import type { Sealer } from '#commands/ports.ts';
import { encodeBody } from '#domain/body.ts';
import {
  defineEvent,
  documentSubject,
  type EventDefinitions,
  type RecordedEvent,
} from '#domain/event.ts';
import { projectionOpener } from '#infra/crypto/open-events.ts';
import { acme, headerOf, newSubject, testSealer } from '#test/support/sealing.ts';

const definition = (version: number) =>
  defineEvent({
    kind: 'document',
    version,
    schema: z.object({ cups: z.int() }),
    subject: documentSubject,
    upcasts: [({ cups }: { cups: number }) => ({ cups: cups * 2 })].slice(0, version - 1),
  });
const definitions = {
  TeaServed: definition(2),
  CupBroken: definition(1),
  TableWiped: definition(1),
} satisfies EventDefinitions;

const needs = (type: string) =>
  type === 'TeaServed' ? 'body' : type === 'CupBroken' ? 'header' : 'nothing';

async function recordedEvents(sealer: Sealer, types: readonly string[]): Promise<RecordedEvent[]> {
  const subject = newSubject();
  const key = await sealer.keyFor(acme, subject);
  return types.map((type, index) => ({
    ...key.seal(headerOf({ type, revision: index }), encodeBody({ cups: index })),
    position: BigInt(index + 1),
  }));
}

test('a projection gets its events in order: bodies in today’s shape, headers, and no others', async () => {
  const sealer = testSealer();
  const events = await recordedEvents(sealer, [
    'TeaServed',
    'TableWiped',
    'CupBroken',
    'TeaServed',
  ]);
  const opened = await projectionOpener(sealer, definitions)(events, needs);
  assert.deepEqual(opened, [
    { type: 'TeaServed', data: { cups: 0 }, header: events[0]!.header, position: 1n },
    { type: 'CupBroken', header: events[2]!.header, position: 3n },
    { type: 'TeaServed', data: { cups: 6 }, header: events[3]!.header, position: 4n },
  ]);
});

test('no key is fetched for a body that no one needs', async () => {
  const sealer = testSealer();
  const events = await recordedEvents(sealer, ['CupBroken', 'TableWiped', 'TeaServed']);
  const asked: string[] = [];
  const open = projectionOpener(
    {
      opener: (headers) => {
        asked.push(...headers.map(({ type }) => type));
        return sealer.opener(headers);
      },
    },
    definitions,
  );
  await open(events, needs);
  assert.deepEqual(asked, ['TeaServed']);
});

test('what was erased reaches a projection as its header', async () => {
  const sealer = testSealer();
  const events = await recordedEvents(sealer, ['TeaServed', 'CupBroken']);
  const { header } = events[0]!;
  await sealer.destroy(acme, header.subject!);
  const opened = await projectionOpener(sealer, definitions)(events, needs);
  assert.deepEqual(opened[0], { type: 'TeaServed', header, position: 1n, erased: true });
});
