import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { BadTrace, readTraceFile } from '#api/cli/import/trace-file.ts';

async function written(t: TestContext, content: string | Uint8Array): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'trace-'));
  t.after(() => rm(directory, { recursive: true }));
  const path = join(directory, 'trace.json');
  await writeFile(path, content);
  return path;
}

const small = {
  startContent: 'a𝒳',
  endContent: 'a𝒳b',
  txns: [{ time: '2026-01-01T00:00:00Z', patches: [[2, 0, 'b']] }],
};

const refused = async (t: TestContext, content: string | Uint8Array, why: RegExp) => {
  const path = await written(t, content);
  await assert.rejects(readTraceFile(path), (error) => {
    assert.ok(error instanceof BadTrace);
    assert.match(error.message, why);
    return true;
  });
};

test('a trace is read plain and gzipped', async (t) => {
  const text = JSON.stringify(small);
  for (const content of [text, gzipSync(text)]) {
    const { trace, patches, sha256 } = await readTraceFile(await written(t, content));
    assert.equal(trace.endContent, 'a𝒳b');
    assert.equal(patches, 1);
    assert.match(sha256, /^[0-9a-f]{64}$/);
  }
});

test('a concurrent trace is refused with its reason', async (t) => {
  const concurrent = {
    kind: 'concurrent',
    endContent: 'a',
    numAgents: 2,
    txns: [{ parents: [], numChildren: 0, agent: 0, time: '', patches: [[0, 0, 'a']] }],
  };
  await refused(t, JSON.stringify(concurrent), /concurrent trace/);
});

test('what is no trace is refused with the place that is wrong', async (t) => {
  await refused(t, 'Not JSON', /no JSON/);
  await refused(t, gzipSync('{}').subarray(0, 15), /damaged gzip/);
  await refused(t, JSON.stringify([]), /at the top/);
  const halfNumber = { ...small, txns: [{ patches: [[0.5, 0, 'b']] }] };
  await refused(t, JSON.stringify(halfNumber), /at txns\.0\.patches\.0\.0/);
});

test('half of a surrogate pair and U+0000 are refused, with the patch that holds them', async (t) => {
  const withPatch = (inserted: string) => ({
    ...small,
    txns: [
      { patches: [] },
      {
        patches: [
          [0, 0, 'a'],
          [0, 0, inserted],
        ],
      },
    ],
  });
  await refused(t, JSON.stringify(withPatch('\ud83d')), /patch 1 of txn 1 holds half/);
  await refused(t, JSON.stringify(withPatch('a\0')), /patch 1 of txn 1 holds U\+0000/);
});

test('a patch outside of the text is refused', async (t) => {
  const outside = { ...small, txns: [{ patches: [[2, 1, 'b']] }] };
  await refused(t, JSON.stringify(outside), /patch 0 of txn 0: position 2 with 1 to delete/);
});

test('a trace that does not lead to its own end is refused', async (t) => {
  await refused(t, JSON.stringify({ ...small, endContent: 'x' }), /do not lead/);
});
