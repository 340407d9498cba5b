import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openEvents } from '#infra/crypto/open-events.ts';
import { aesSealer } from '#infra/crypto/sealer.ts';
import { checkHeader } from '#domain/check-header.ts';
import { eventTypeSchemas, eventTypes, slices, toJson } from '#domain/event-types.ts';
import { canonicalHeader, parseHeader } from '#domain/header.ts';
import { upcast } from '#domain/upcast.ts';
import { goldenMasterKey, keyStoreOf, readGoldens, recorded } from '#test/support/golden.ts';
import { fitsJsonSchema } from '#test/support/sample-event.ts';
import { randomKeys, stoppedClock } from '#test/support/sealing.ts';

const goldens = await readGoldens();

test('no two slices have an event of the same name', () => {
  const names = slices.flatMap((slice) => Object.keys(slice));
  assert.deepEqual(names.toSorted(), Object.keys(eventTypes).toSorted());
});

test('every type is a past tense in one word, and says how to reach today’s version', () => {
  for (const [type, { version, upcasts = [], older = [] }] of Object.entries(eventTypes)) {
    assert.match(type, /^[A-Z][A-Za-z]{1,79}$/);
    assert.equal(upcasts.length, version - 1, `${type} needs an upcast from each older version`);
    assert.equal(older.length, version - 1, `${type} needs the schema of each older version`);
  }
});

test('every version of every type has a golden event', () => {
  const golden = new Set(goldens.map(({ type, version }) => `${type} ${version}`));
  const missing = eventTypeSchemas().filter(
    ({ type, version }) => !golden.has(`${type} ${version}`),
  );
  assert.deepEqual(
    missing.map(({ type, version }) => `${type} ${version}`),
    [],
    'Run `node test/support/write-golden.ts` and commit what it adds.',
  );
});

test('no golden event is of a type or version that can no longer be read', () => {
  const known = new Set(eventTypeSchemas().map(({ type, version }) => `${type} ${version}`));
  for (const { type, version } of goldens) assert.ok(known.has(`${type} ${version}`), type);
});

for (const golden of goldens) {
  test(`${golden.type} as version ${golden.version} stored it opens to what it was`, async () => {
    const sealer = aesSealer({
      store: await keyStoreOf(golden),
      masterKey: goldenMasterKey,
      ids: randomKeys,
      clock: stoppedClock(),
    });
    const schemas = eventTypeSchemas().filter(({ type }) => type === golden.type);
    const events = await openEvents(sealer, recorded(golden));
    for (const [index, { event, commandHash }] of events.entries()) {
      const { header, data, commandHash: hash } = golden.events[index]!;
      assert.equal(canonicalHeader(parseHeader(header)), header);
      assert.deepEqual(checkHeader(header), event.header);
      assert.ok(!event.erased);
      assert.ok(fitsJsonSchema(schemas.at(-1)!.schema, toJson(event.data)), 'today’s schema');
      assert.ok(fitsJsonSchema(schemas[golden.version - 1]!.schema, data), 'its own schema');
      const today = upcast(eventTypes, golden.type, golden.version, data as object).data;
      assert.deepEqual(
        toJson(event.data),
        golden.version === schemas.length ? data : toJson(today),
      );
      assert.equal(commandHash && Buffer.from(commandHash).toString('base64'), hash);
    }
  });
}

test('no part of a schema says that anything goes', () => {
  for (const { type, schema } of eventTypeSchemas()) {
    const vague = JSON.stringify(schema).replaceAll('"properties":{}', '').includes(':{}');
    assert.equal(vague, false, `${type} holds something that JSON Schema has no word for`);
  }
});

test('a JSON schema tells data that fits from data that does not', () => {
  const schema = eventTypeSchemas().find(({ type }) => type === 'ChangesApplied')!.schema;
  const golden = goldens.find(({ type }) => type === 'ChangesApplied')!;
  const data = golden.events[1]!.data as Record<string, unknown>;
  assert.ok(fitsJsonSchema(schema, { ...data, addedLater: true }));
  assert.equal(fitsJsonSchema(schema, { ...data, changes: [1] }), false);
  assert.equal(fitsJsonSchema(schema, { ...data, group: undefined }), false);
});

test('event data is shown as JSON with its bytes in base64, however deep', () => {
  const data = { a: Uint8Array.of(0, 255), b: [{ c: Buffer.from('hi') }], d: null, e: undefined };
  assert.deepEqual(JSON.parse(JSON.stringify(toJson(data))), {
    a: 'AP8=',
    b: [{ c: 'aGk=' }],
    d: null,
  });
});
