import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { freshDatabase } from '#test/support/database.ts';
import { eventStoreDouble } from '#test/support/eventstore/server.ts';
import { type Answer, type Caller, after, callerOf, ownerOf } from '#test/support/journey.ts';
import { postgresProxy } from '#test/support/postgres-proxy.ts';
import { type Server, emptyHome, startServer, until } from '#test/support/process.ts';

const minutes = { timeout: 120_000 };
const edit = { edits: [{ type: 'insertText', at: 0, text: 'more ' }] };
const markdown = { accept: 'text/markdown' };

/** Several processes on one database, each with what it is told to do. */
async function cluster(t: TestContext, more: Readonly<Record<string, string>> = {}) {
  const database = await freshDatabase(t);
  const operatorKey = randomBytes(24).toString('hex');
  const env = {
    DATABASE_URL: database.url,
    DATABASE_OWNER_URL: database.ownerUrl,
    PALIMPSEST_MASTER_KEY: randomBytes(32).toString('base64'),
    PALIMPSEST_OPERATOR_KEY: operatorKey,
    ...more,
  };
  const start = async (...roles: string[]) =>
    await startServer(t, await emptyHome(t), { env, args: ['--roles', roles.join(',')] });
  const journeyOn = ({ url }: Server) => ({
    url,
    as: (key: string) => callerOf(url, key),
    operator: callerOf(url, operatorKey),
  });
  return { database, start, journeyOn };
}

const tryAgain = ({ status, headers, text }: Answer) => {
  assert.equal(status, 503, text);
  assert.match(headers.get('retry-after') ?? '', /^\d+$/);
};

/** As a client does that is told to try again. */
async function untilDone(owner: Caller, url: string): Promise<Answer> {
  let answer: Answer | undefined;
  await until(async () => {
    answer = await owner.post(`${url}/edits`, edit);
    return answer.status === 200;
  });
  return answer!;
}

test(
  'without the event log commands are refused and reads go on; it comes back, and so does all',
  minutes,
  async (t) => {
    const double = await eventStoreDouble(t);
    const { start, journeyOn } = await cluster(t, { EVENTSTORE_URL: double.url });
    const server = await start('data', 'control', 'projector', 'worker');
    const owner = await ownerOf(journeyOn(server), 'acme');
    const made = await owner.post('/v1/documents', { title: 'Draft', markdown: 'text\n' });
    const url = made.headers.get('location') ?? '';
    assert.equal((await owner.get('/v1/documents', after(made))).status, 200);

    await double.down();
    tryAgain(await owner.post(`${url}/edits`, edit));
    tryAgain(await owner.post('/v1/documents', { title: 'Other' }));
    const shown = await owner.get(url, markdown);
    assert.deepEqual([shown.status, shown.text], [200, 'text\n']);
    const listed = await owner.get('/v1/documents?q=text');
    assert.equal((listed.json['items'] as unknown[]).length, 1);
    assert.equal((await owner.get(`${url}/timeline`)).status, 200);
    assert.equal((await owner.get('/v1/members')).status, 200);
    assert.equal((await owner.get(`/v1/documents/${crypto.randomUUID()}`)).status, 404);
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);

    await double.up();
    const edited = await untilDone(owner, url);
    const found = await owner.get('/v1/documents?q=more', after(edited));
    assert.equal((found.json['items'] as unknown[]).length, 1, found.text);
  },
);

test(
  'without Postgres everything is refused, and projectors go on when it is back',
  minutes,
  async (t) => {
    const direct = await freshDatabase(t);
    const [proxy, double] = [await postgresProxy(t, direct.url), await eventStoreDouble(t)];
    const { start, journeyOn } = await cluster(t, {
      DATABASE_URL: proxy.url,
      DATABASE_OWNER_URL: direct.ownerUrl,
      EVENTSTORE_URL: double.url,
    });
    const server = await start('data', 'control', 'projector', 'worker');
    const owner = await ownerOf(journeyOn(server), 'acme');
    const made = await owner.post('/v1/documents', { title: 'Draft', markdown: 'text\n' });
    const url = made.headers.get('location') ?? '';
    await proxy.down();
    tryAgain(await owner.get('/v1/documents'));
    tryAgain(await owner.post('/v1/documents', { title: 'Other', markdown: 'x' }));
    await proxy.up();
    const edited = await untilDone(owner, url);
    const found = await owner.get('/v1/documents?q=more', after(edited));
    assert.equal((found.json['items'] as unknown[]).length, 1, found.text);
  },
);

test(
  'with the control process down, the tenants’ API goes on, and new processes of it start',
  minutes,
  async (t) => {
    const { start, journeyOn } = await cluster(t);
    const control = await start('control', 'projector', 'worker');
    const data = await start('data');
    const { operator } = journeyOn(control);
    const owner = await ownerOf({ ...journeyOn(data), operator }, 'acme');
    assert.equal((await journeyOn(data).operator.get('/admin/v1/tenants')).status, 404);
    const projector = await start('projector');
    control.child.kill('SIGKILL');
    await control.finished;

    const made = await owner.post('/v1/documents', { title: 'Draft', markdown: 'text\n' });
    assert.equal(made.status, 201, made.text);
    await until(async () => (await owner.get('/v1/documents', after(made))).status === 200);
    const later = await start('data');
    await until(async () => (await fetch(`${later.url}/readyz`)).ok);
    for (const { url } of [later, projector])
      for (const path of ['/healthz', '/metrics'])
        assert.equal((await fetch(url + path)).status, 200);
    const url = made.headers.get('location') ?? '';
    const key = await owner.post('/v1/api-keys', { roles: ['owner'] });
    const again = callerOf(later.url, String(key.json['key']));
    assert.equal((await again.get(url, markdown)).text, 'text\n');
    assert.equal((await again.post(`${url}/edits`, edit)).status, 200);
  },
);
