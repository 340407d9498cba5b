import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { documentAggregate } from '#domain/document/document.ts';
import type { Edit } from '#domain/document/edits.ts';
import { markdownOf } from '#domain/document/reading.ts';
import { replayed, written } from '#test/support/document.ts';

// What a person really typed (see DATA's README for its licence); it is no part of this repository.

type Trace = {
  readonly startContent: string;
  readonly endContent: string;
  readonly txns: readonly {
    readonly patches: readonly [at: number, count: number, text: string][];
  }[];
};

const DATA = process.env['PALIMPSEST_DATA'] ?? join('..', 'shared', 'data');
const file = join(DATA, 'traces', 'sveltecomponent.json.gz');
const skip = existsSync(file) ? false : `there is no ${file}`;

test('a recorded session ends as it did, live, replayed and from a snapshot', { skip }, () => {
  const trace = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Trace;
  const document = written(trace.startContent);
  const edits = trace.txns.flatMap(({ patches }) => patches).flatMap(editsOf);
  for (let from = 0; from < edits.length; from += 100) {
    document.edit(...edits.slice(from, from + 100));
  }
  assert.equal(document.markdown, trace.endContent);
  assert.equal(markdownOf(replayed(document.events)), trace.endContent);
  const { encode, decode } = documentAggregate.snapshot!;
  const restored = decode(encode(document.state));
  assert.ok('content' in restored);
  assert.equal(markdownOf(restored), trace.endContent);
});

/** Offsets are code points, which in this session are UTF-16 units as well. */
function editsOf([at, count, text]: readonly [number, number, string]): Edit[] {
  return [
    ...(count > 0 ? [{ type: 'deleteText', at, count } as const] : []),
    ...(text !== '' ? [{ type: 'insertText', at, text } as const] : []),
  ];
}
