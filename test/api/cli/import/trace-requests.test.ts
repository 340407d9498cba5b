import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { MOST_DELETED } from '#domain/document/limits.ts';
import { type Patch, type Trace } from '#api/cli/import/trace-file.ts';
import { type TextEdit, startOf, traceRequests } from '#api/cli/import/trace-requests.ts';

const traceOf = (startContent: string, txns: readonly (readonly Patch[])[]): Trace => ({
  startContent,
  endContent: txns
    .flat()
    .reduce<string[]>(
      (text, [at, deleted, inserted]) => [
        ...text.slice(0, at),
        ...Array.from(inserted),
        ...text.slice(at + deleted),
      ],
      Array.from(startContent),
    )
    .join(''),
  txns: txns.map((patches) => ({ patches })),
});

/** What the API says an edit does: offsets are UTF-16 units. */
function applied(text: string, edits: readonly TextEdit[]): string {
  return edits.reduce((before, edit) => {
    assert.ok(edit.at <= before.length);
    if (edit.type === 'insertText') {
      return before.slice(0, edit.at) + edit.text + before.slice(edit.at);
    }
    assert.ok(edit.at + edit.count <= before.length);
    return before.slice(0, edit.at) + before.slice(edit.at + edit.count);
  }, text);
}

/** Plays the requests as a server would; answers the text and what each request was. */
function played(trace: Trace, batch = 50) {
  let text = startOf(trace);
  const requests = [];
  for (const request of traceRequests(trace, batch)) {
    text = applied(text, request.edits);
    assert.equal(request.text(), text);
    assert.equal(request.length, text.length);
    requests.push({ ...request, bytes: Buffer.byteLength(JSON.stringify(request.edits)) });
  }
  return { text, requests };
}

const CHARACTERS = ['a', 'é', '€', '\n', '\r\n', '👩‍👩‍👧', '𝒳', '\u{10FFFF}', '\uFEFF', ' '];
const texts = fc.array(fc.constantFrom(...CHARACTERS)).map((parts) => parts.join(''));

test('any trace leads to its own end, whatever the batch, astral characters included', () => {
  const splices = fc.array(fc.tuple(fc.nat(), fc.nat(6), texts), { maxLength: 40 });
  fc.assert(
    fc.property(texts, splices, fc.integer({ min: 1, max: 9 }), (start, wanted, batch) => {
      let length = Array.from(start).length;
      const patches = wanted.map(([position, deleted, inserted]): Patch => {
        const at = position % (length + 1);
        const count = Math.min(deleted, length - at);
        length += Array.from(inserted).length - count;
        return [at, count, inserted];
      });
      const trace = traceOf(
        start,
        patches.map((patch) => [patch]),
      );
      assert.equal(played(trace, batch).text, trace.endContent);
    }),
    { numRuns: 500 },
  );
});

test('a text that is much longer than a chunk is edited at the right places', () => {
  const long = '𝒳ab\n'.repeat(5_000);
  const patches: Patch[] = [
    [19_999, 1, '!'],
    [10_001, 8_000, '👍'.repeat(3_000)],
    [0, 3, ''],
    [13_000, 1_900, 'x'],
    [5, 12_000, ''],
  ];
  const trace = traceOf(long, [patches]);
  assert.equal(played(trace).text, trace.endContent);
});

test('a patch that deletes and inserts is a deletion and then an insertion at one place', () => {
  const [request] = played(traceOf('𝒳yz', [[[1, 1, '!']]])).requests;
  assert.deepEqual(request?.edits, [
    { type: 'deleteText', at: 2, count: 1 },
    { type: 'insertText', at: 2, text: '!' },
  ]);
});

test('so many txns are one request', () => {
  const txns = Array.from({ length: 12 }, (_, index): Patch[] => [[index, 0, 'a']]);
  const { requests } = played(traceOf('', txns), 5);
  assert.deepEqual(
    requests.map(({ edits, txns, patches }) => [edits.length, txns, patches]),
    [
      [5, 5, 5],
      [5, 10, 10],
      [2, 12, 12],
    ],
  );
});

test('a request holds 200 edits at most, also when one txn has more', () => {
  const patches = Array.from({ length: 250 }, (): Patch => [0, 1, 'b']);
  const { requests, text } = played(traceOf('a', [patches]));
  assert.deepEqual(
    requests.map(({ edits }) => edits.length),
    [200, 200, 100],
  );
  assert.equal(text, 'b');
});

test('a request stays below the limit of a body, also when JSON escapes every character', () => {
  for (const character of ['a', '€', '\u0001', '👍']) {
    const huge = character.repeat(400_000);
    const trace = traceOf('', [[[0, 0, huge]], [[3, 399_990, huge]]]);
    const { requests, text } = played(trace);
    assert.equal(text, trace.endContent);
    for (const { bytes } of requests) assert.ok(bytes < 1_000_000, `${bytes} bytes`);
  }
});

test('a request deletes no more than one may, also when one patch deletes everything', () => {
  const trace = traceOf('👍'.repeat(300_000), [[[0, 300_000, 'x']]]);
  const { requests, text } = played(trace);
  assert.equal(text, 'x');
  const deleted = requests.map(({ edits }) =>
    edits.reduce((sum, edit) => sum + (edit.type === 'deleteText' ? edit.count : 0), 0),
  );
  assert.ok(deleted.every((count) => count <= MOST_DELETED));
  assert.equal(
    deleted.reduce((sum, count) => sum + count),
    600_000,
  );
});

test('a long start is created in part, and the rest comes as insertions', () => {
  const start = '👍'.repeat(120_000);
  const trace = traceOf(start, [[[120_000, 0, '.']]]);
  assert.ok(startOf(trace).length <= 100_000);
  assert.equal(played(trace).text, `${start}.`);
});

test('patches that change nothing are no request', () => {
  const { requests } = played(traceOf('a', [[[1, 0, '']], [], [[0, 1, 'b']]]), 1);
  assert.deepEqual(
    requests.map(({ txns, patches }) => [txns, patches]),
    [[3, 2]],
  );
});
