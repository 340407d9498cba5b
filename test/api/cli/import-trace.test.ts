import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Trace } from '#api/cli/import/trace-file.ts';
import { emptyHome, palimpsest, startServer, until } from '#test/support/process.ts';
import { randomTrace, traceFile } from '#test/support/trace.ts';

type Outcome = { readonly documentId: string; readonly revision: number; readonly equal: boolean };

async function imported(t: TestContext, home: string, ...args: string[]): Promise<Outcome> {
  const { code, output } = await palimpsest(t, home, ['import-trace', ...args]).finished;
  assert.equal(code, 0, output);
  return JSON.parse(output.slice(output.lastIndexOf('{'))) as Outcome;
}

/** Speaks to the server of this home as the demo tenant's owner. */
async function api(
  home: string,
  path: string,
  init: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Response> {
  const { url } = JSON.parse(await readFile(join(home, 'run.json'), 'utf8')) as { url: string };
  const key = (await readFile(join(home, 'keys/demo'), 'utf8')).trim();
  const headers = { authorization: `Bearer ${key}`, ...init.headers };
  return await fetch(new URL(path, url), { ...init, headers });
}

async function markdown(home: string, id: string): Promise<string> {
  const response = await api(home, `/v1/documents/${id}`, { headers: { accept: 'text/markdown' } });
  const bytes = await response.arrayBuffer();
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

/** The ids of the documents with this title, once the list knows of one. */
async function titled(home: string, title: string): Promise<string[]> {
  type Page = { readonly items: readonly { readonly id: string; readonly title: string }[] };
  let ids: string[] = [];
  await until(async () => {
    const { items } = (await (await api(home, '/v1/documents')).json()) as Page;
    ids = items.filter((item) => item.title === title).map(({ id }) => id);
    return ids.length > 0;
  });
  return ids;
}

/** How many requests the only import of this home has noted as acknowledged. */
async function acknowledged(home: string): Promise<number> {
  const directory = join(home, 'imports');
  const names = await readdir(directory).catch(() => []);
  const name = names.find((name) => name.endsWith('.json'));
  if (name === undefined) return 0;
  const text = await readFile(join(directory, name), 'utf8');
  return (JSON.parse(text) as { requests: number }).requests;
}

test('an imported trace ends exactly as it should, and a second start finds it there', async (t) => {
  const home = await emptyHome(t);
  await startServer(t, home);
  const trace = randomTrace(1, 200, 60);
  const file = await traceFile(home, 'session', trace);
  const outcome = await imported(t, home, file, '--json');
  assert.equal(outcome.equal, true);
  assert.equal(await markdown(home, outcome.documentId), trace.endContent);

  const shown = await api(home, `/v1/documents/${outcome.documentId}`);
  const document = (await shown.json()) as { title: string; sections: { text: string }[] };
  assert.equal(document.title, 'session');
  for (const { text } of document.sections) assert.ok(text.length <= 16_000, `${text.length}`);

  const { documentId, revision } = await imported(t, home, file, '--json');
  assert.deepEqual([documentId, revision], [outcome.documentId, outcome.revision]);
  const another = await imported(t, home, file, '--again', '--json');
  assert.notEqual(another.documentId, outcome.documentId);
  assert.equal(await markdown(home, another.documentId), trace.endContent);
});

test('an import survives kills of itself and of the server, and applies nothing twice', async (t) => {
  const home = await emptyHome(t);
  let server = await startServer(t, home);
  const trace = randomTrace(2, 400);
  const args = ['import-trace', await traceFile(home, 'killed', trace), '--batch', '5'];

  for (const requests of [3, 9, 17]) {
    const running = palimpsest(t, home, args);
    await until(async () => (await acknowledged(home)) >= requests);
    running.child.kill('SIGKILL');
    await running.finished;
  }
  const last = palimpsest(t, home, args);
  for (const requests of [25, 40]) {
    await until(async () => (await acknowledged(home)) >= requests);
    server.child.kill('SIGKILL');
    await server.finished;
    server = await startServer(t, home);
  }
  const { code, output } = await last.finished;
  assert.equal(code, 0, output);
  assert.match(output, /cannot be reached|ends exactly/);

  const ids = await titled(home, 'killed');
  assert.equal(ids.length, 1);
  assert.equal(await markdown(home, ids[0] ?? ''), trace.endContent);
});

test('an import that lost its notes repeats its requests and changes nothing by that', async (t) => {
  const home = await emptyHome(t);
  const elsewhere = await emptyHome(t);
  const { url } = await startServer(t, home);
  const key = (await readFile(join(home, 'keys/demo'), 'utf8')).trim();
  const trace = randomTrace(3, 60);
  const file = await traceFile(home, 'noted', trace);
  const first = await imported(t, home, file, '--server', url, '--key', key, '--json');
  const again = await imported(t, elsewhere, file, '--server', url, '--key', key, '--json');
  assert.deepEqual([again.documentId, again.revision], [first.documentId, first.revision]);
  assert.equal(await markdown(home, first.documentId), trace.endContent);
});

test('what somebody else writes during an import stops it', async (t) => {
  const home = await emptyHome(t);
  await startServer(t, home);
  const args = [
    'import-trace',
    await traceFile(home, 'shared', randomTrace(4, 300)),
    '--batch',
    '2',
  ];
  const running = palimpsest(t, home, args);
  await until(async () => (await acknowledged(home)) >= 5);
  running.child.kill('SIGKILL');
  await running.finished;
  const [id] = await titled(home, 'shared');
  const edits = [{ type: 'insertText', at: 0, text: 'Somebody else.' }];
  const edited = await api(home, `/v1/documents/${id}/edits`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ edits }),
  });
  assert.equal(edited.status, 200);

  const { code, output } = await palimpsest(t, home, args).finished;
  assert.equal(code, 1);
  assert.match(output, /was changed by somebody else/);
});

test('empty sessions are imported too', async (t) => {
  const home = await emptyHome(t);
  await startServer(t, home);
  const traces: Trace[] = [
    { startContent: '', endContent: '', txns: [] },
    {
      startContent: '',
      endContent: '',
      txns: [
        {
          patches: [
            [0, 0, 'x'],
            [0, 1, ''],
          ],
        },
      ],
    },
    { startContent: '\uFEFF𝒳', endContent: '\uFEFF𝒳', txns: [{ patches: [[1, 0, '']] }] },
  ];
  for (const [index, trace] of traces.entries()) {
    const file = await traceFile(home, `empty-${index}`, trace);
    const { documentId } = await imported(t, home, file, '--json');
    assert.equal(await markdown(home, documentId), trace.endContent);
  }
});

test('what keeps an import from beginning is said in a line, and no key is shown', async (t) => {
  const home = await emptyHome(t);
  const file = await traceFile(home, 'refused', randomTrace(5, 3));
  const refusals: [string[], RegExp][] = [
    [[], /keys\/demo is not there/],
    [['--key', 'plm_demo_0_wrong'], /No server runs on/],
    [['--server', 'http://127.0.0.1:9'], /needs a --key/],
    [['--server', 'nowhere', '--key', 'plm_demo_0_wrong'], /--server is the URL/],
    [['--batch', '0'], /whole number from 1/],
  ];
  for (const [args, why] of refusals) {
    const { code, output } = await palimpsest(t, home, ['import-trace', file, ...args]).finished;
    assert.equal(code, 1, output);
    assert.match(output, why);
  }
  await startServer(t, home);
  const args = ['import-trace', file, '--key', 'plm_demo_0123456789abcdef_wrong'];
  const { code, output } = await palimpsest(t, home, args).finished;
  assert.equal(code, 1);
  assert.match(output, /401 auth\/invalid/);
  assert.doesNotMatch(output, /_wrong/);
});
