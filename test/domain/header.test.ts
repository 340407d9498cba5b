import assert from 'node:assert/strict';
import { test } from 'node:test';
import canonicalize from 'canonicalize';
import * as fc from 'fast-check';
import { checkHeader } from '#domain/check-header.ts';
import type { EventHeader } from '#domain/event.ts';
import { canonicalHeader, eventIdOf, MalformedHeader, parseHeader } from '#domain/header.ts';
import type { CommandId } from '#domain/ids.ts';
import { acme, headerOf, newSubject, testSealer } from '#test/support/sealing.ts';

const sealer = testSealer();
const { header } = (await sealer.keyFor(acme, newSubject())).seal(headerOf(), Buffer.from('x'));
const text = canonicalHeader(header);

test('a header is written with its fields in order, and reads back the same', () => {
  const fields = Object.keys(JSON.parse(text) as object);
  assert.deepEqual(fields, fields.toSorted());
  assert.deepEqual(parseHeader(text), header);
  assert.deepEqual(checkHeader(text), header);
});

test('a header is the same text whatever the order of its fields and whichever are undefined', () => {
  const shuffled = fc.shuffledSubarray(Object.entries(header), {
    minLength: Object.keys(header).length,
  });
  fc.assert(
    fc.property(shuffled, (entries) => {
      const fields = Object.fromEntries(entries) as object;
      const other = Object.assign(fields, { traceparent: undefined }) as object;
      assert.equal(canonicalHeader(other), text);
    }),
  );
});

test('fields that a newer version added survive reading, and the strict check names them', () => {
  const newer = canonicalHeader({ ...header, region: 'eu' } as EventHeader);
  assert.equal(canonicalHeader(parseHeader(newer)), newer);
  assert.throws(() => checkHeader(newer), /region/);
});

test('text that is no header of ours is refused with what is wrong', () => {
  const without = (field: string) => JSON.stringify({ ...header, [field]: undefined });
  const cases: [string, RegExp][] = [
    ['', /no JSON/],
    ['{', /no JSON/],
    ['null', /no object/],
    ['[]', /id is no string/],
    ['"header"', /no object/],
    [without('recordedAt'), /recordedAt/],
    [without('revision'), /revision/],
    [JSON.stringify({ ...header, revision: 1.5 }), /revision/],
    [JSON.stringify({ ...header, revision: '1' }), /revision/],
    [JSON.stringify({ ...header, tenant: 'umbra' }), /another tenant/],
    [JSON.stringify({ ...header, tenant: 'acm' }), /another tenant/],
  ];
  for (const [stored, why] of cases) {
    assert.throws(
      () => parseHeader(stored),
      (error) => error instanceof MalformedHeader && why.test(error.message),
    );
  }
});

test('the strict check refuses what the fast one lets pass', () => {
  const wrong: [Partial<Record<keyof EventHeader, unknown>>, RegExp][] = [
    [{ id: 'no-uuid' }, /id/],
    [{ stream: 'acme/spaceship/1' }, /stream/],
    [{ revision: -1 }, /revision/],
    [{ bodyHmac: 'ab' }, /bodyHmac/],
    [{ recordedAt: '2026-03-01T12:00:00Z' }, /recordedAt/],
    [{ recordedAt: '2026-03-01T12:00:00.000+01:00' }, /recordedAt/],
    [{ keyVersion: undefined }, /keyVersion/],
    [{ unfinished: false }, /unfinished/],
    [{ subject: 'Ada Lovelace' }, /subject/],
  ];
  for (const [change, why] of wrong) {
    const stored = canonicalHeader({ ...header, ...change } as EventHeader);
    assert.throws(() => checkHeader(stored), why);
  }
});

test('a header in another order or with spaces is not the stored one', () => {
  assert.throws(() => checkHeader(` ${text}`), /canonical/);
  assert.throws(() => checkHeader(JSON.stringify({ ...header, id: header.id })), /canonical/);
  assert.throws(() => checkHeader(text.replace('acme', '\\u0061cme')), /canonical/);
});

test('an event’s id depends on everything it is made of', () => {
  const of = (
    ...changes: Partial<{ stream: string; command: string; index: number; sha: string }>[]
  ) => {
    const parts = { stream: 'acme/document/1', command: 'c', index: 0, sha: 'ab', ...changes[0] };
    return eventIdOf(parts.stream as never, parts.command as CommandId, parts.index, parts.sha);
  };
  const ids = [
    of(),
    of({ stream: 'acme/document/2' }),
    of({ command: 'd' }),
    of({ index: 1 }),
    of({ sha: 'ac' }),
  ];
  assert.equal(of(), of());
  assert.equal(new Set(ids).size, ids.length);
});

test('the quick way to a header’s text and the library’s agree', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(true, undefined, '\u2028"\\\u0000é𝒳', -0),
  );
  const fields = [
    ...Object.keys(header),
    'apiKeyId',
    'parts',
    'traceparent',
    'unfinished',
    'newer',
  ];
  const headers = fc.dictionary(fc.constantFrom(...fields), value);
  fc.assert(
    fc.property(headers, (some) => {
      assert.equal(canonicalHeader(some as Partial<EventHeader>), canonicalize(some));
    }),
  );
  assert.throws(() => canonicalHeader({ ...header, actor: '\ud800' as never }), /surrogate/);
});
