import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { defineEvent, type EventDefinitions, plain } from '#domain/event.ts';
import { eventTypeSchemas } from '#domain/event-types.ts';
import { UnknownEvent, upcast } from '#domain/upcast.ts';

const definitions = {
  TeaServed: defineEvent({
    kind: 'document',
    version: 3,
    schema: z.object({ kind: z.string(), cups: z.int(), milk: z.boolean() }),
    older: [z.object({ tea: z.string() }), z.object({ kind: z.string(), cups: z.int() })],
    upcasts: [
      ({ tea }: { tea: string }) => ({ kind: tea, cups: 1 }),
      (old: { kind: string; cups: number }) => ({ ...old, milk: false }),
    ],
    subject: plain,
  }),
} satisfies EventDefinitions;

test('every older version is brought to today’s shape, step by step', () => {
  const today = { type: 'TeaServed', data: { kind: 'assam', cups: 1, milk: false } };
  assert.deepEqual(upcast(definitions, 'TeaServed', 1, { tea: 'assam' }), today);
  assert.deepEqual(upcast(definitions, 'TeaServed', 2, { kind: 'assam', cups: 1 }), today);
  assert.deepEqual(upcast(definitions, 'TeaServed', 3, today.data), today);
});

test('an event of a newer version, or none that is known, is refused by name', () => {
  const unknown = (why: RegExp) => (error: unknown) =>
    error instanceof UnknownEvent && why.test(error.message);
  assert.throws(() => upcast(definitions, 'TeaServed', 4, {}), unknown(/TeaServed.*newer/));
  assert.throws(() => upcast(definitions, 'TeaServed', 0, {}), unknown(/version 0/));
  assert.throws(() => upcast(definitions, 'CoffeeServed', 1, {}), unknown(/CoffeeServed/));
  assert.throws(() => upcast(definitions, 'constructor', 1, {}), unknown(/constructor/));
});

test('the schemas of all versions are served, oldest first', () => {
  const schemas = eventTypeSchemas(definitions) as {
    version: number;
    schema: { required: string[] };
  }[];
  assert.deepEqual(
    schemas.map(({ version, schema }) => [version, schema.required.join()]),
    [
      [1, 'tea'],
      [2, 'kind,cups'],
      [3, 'kind,cups,milk'],
    ],
  );
});
