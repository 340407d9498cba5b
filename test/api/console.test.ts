import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { consoleRoutes } from '#api/routes/console.ts';
import { systemIds } from '#infra/system/ids.ts';
import { serverWith } from '#test/support/http.ts';

test('the page comes with a policy of its own, and is asked for each time', async (t) => {
  const app = await serverOf(t, await built(t));
  const [one, other] = [await app.inject('/documents/any'), await app.inject('/documents/any')];
  assert.equal(one.statusCode, 200);
  assert.match(String(one.headers['content-type']), /^text\/html/);
  assert.equal(one.headers['cache-control'], 'no-store');
  const policy = String(one.headers['content-security-policy']);
  assert.match(policy, /default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|https?:|\*/);
  // Whoever could guess the nonce could bring styles.
  const [, nonce] = /'nonce-([^']+)'/.exec(policy) ?? [];
  assert.equal(one.body, `<meta nonce="${nonce}">`);
  assert.notEqual(one.body, other.body);
});

test('what the page is made of is kept for ever, and nothing beside it is served', async (t) => {
  const app = await serverOf(t, await built(t));
  const script = await app.inject('/console/assets/index-1.js');
  assert.equal(script.statusCode, 200);
  assert.equal(script.headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.match(String(script.headers['content-type']), /javascript/);
  const packed = await app.inject({
    url: '/console/assets/index-1.js',
    headers: { 'accept-encoding': 'gzip, br' },
  });
  assert.equal(packed.headers['content-encoding'], 'br');
  assert.equal(packed.body, 'packed');
  assert.match(String(packed.headers['content-type']), /javascript/);
  for (const path of ['other.js', '..%2findex.html', '%2e%2e%2findex.html', '.']) {
    const reply = await app.inject(`/console/assets/${path}`);
    assert.equal(reply.statusCode, 404, path);
    assert.equal(reply.json().code, 'route/not-found');
  }
});

test('where the page was not built, the answer says how to build it', async (t) => {
  const app = await serverOf(t, '/nowhere');
  const reply = await app.inject('/documents/any');
  assert.equal(reply.statusCode, 404);
  assert.equal(reply.json().code, 'console/not-built');
  assert.match(reply.json().title, /npm run build/);
  assert.match(String(reply.headers['content-security-policy']), /default-src 'none'/);
});

async function serverOf(t: TestContext, folder: string) {
  const { app } = await serverWith(t, [consoleRoutes(folder, systemIds)]);
  return app;
}

async function built(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'palimpsest-console-'));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<meta nonce="__STYLE_NONCE__">');
  await writeFile(join(folder, 'assets/index-1.js'), 'export {};');
  await writeFile(join(folder, 'assets/index-1.js.br'), 'packed');
  return folder;
}
