import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventStoreProcess } from '#test/support/eventstore/process.ts';
import { after, callerOf } from '#test/support/journey.ts';
import { emptyHome, palimpsest, startServer, until } from '#test/support/process.ts';

const minutes = { timeout: 120_000 };

test(
  'a home moves into EventStoreDB, killed on the way, and serves the same documents',
  minutes,
  async (t) => {
    const home = await emptyHome(t);
    const server = await startServer(t, home);
    const key = (await readFile(join(home, 'keys/demo'), 'utf8')).trim();
    const before = callerOf(server.url, key);
    const ids: string[] = [];
    for (let count = 0; count < 40; count++) {
      const made = await before.post('/v1/documents', {
        title: `Doc ${count}`,
        markdown: `# ${count}\n`,
      });
      ids.push(String(made.json['id']));
    }
    const edit = { edits: [{ type: 'insertText', at: 0, text: 'more ' }] };
    const old = await before.post(`/v1/documents/${ids[7]}/edits`, edit);
    assert.equal(old.status, 200, old.text);
    server.child.kill('SIGTERM');
    await server.finished;

    const url = await eventStoreProcess(t);
    const copy = ['log', 'copy', '--from', 'embedded', '--to', url, '--json'];
    for (const patience of [1_200, 1_500, 1_900]) {
      const killed = palimpsest(t, home, copy);
      await Promise.race([
        killed.finished,
        new Promise((resolve) => setTimeout(resolve, patience)),
      ]);
      killed.child.kill('SIGKILL');
      await killed.finished;
    }
    const copied = await palimpsest(t, home, copy).finished;
    assert.equal(copied.code, 0, copied.output);
    const verified = await palimpsest(t, home, [...copy, '--verify-only']).finished;
    assert.equal(verified.code, 0, verified.output);
    assert.match(verified.output, /"copied":0/);

    const env = { EVENTSTORE_URL: url };
    const early = await palimpsest(t, home, ['serve'], { env }).finished;
    assert.equal(early.code, 1);
    assert.match(early.output, /The views of this database follow log .*palimpsest log adopt/s);
    const adopted = await palimpsest(t, home, ['log', 'adopt'], { env }).finished;
    assert.equal(adopted.code, 0, adopted.output);
    assert.match(adopted.output, /is followed from now on: \d+ views will be built anew/);

    const moved = await startServer(t, home, { env });
    const now = callerOf(moved.url, key);
    await until(async () => (await fetch(`${moved.url}/readyz`)).ok);
    for (const [count, id] of ids.entries()) {
      const { text } = await now.get(`/v1/documents/${id}`, { accept: 'text/markdown' });
      assert.equal(text, count === 7 ? 'more # 7\n' : `# ${count}\n`);
    }
    const stale = await now.get('/v1/documents', after(old));
    assert.deepEqual([stale.status, stale.json['code']], [400, 'position/other-log']);
    const edited = await now.post(`/v1/documents/${ids[0]}/edits`, edit);
    assert.equal(edited.status, 200, edited.text);
    const listed = await now.get('/v1/documents?q=Doc', after(edited));
    assert.equal(listed.status, 200, listed.text);
    moved.child.kill('SIGTERM');
    await moved.finished;
    const forgotten = await palimpsest(t, home, ['serve']).finished;
    assert.equal(forgotten.code, 1);
    assert.match(forgotten.output, /Set EVENTSTORE_URL as it was/);
    const whole = await palimpsest(t, home, ['log', 'verify'], { env }).finished;
    assert.equal(whole.code, 0, whole.output);
  },
);

test(
  'views are not taken from under a server, and a wrong URL is refused without being shown',
  minutes,
  async (t) => {
    const home = await emptyHome(t);
    const server = await startServer(t, home);
    const refused = await palimpsest(t, home, ['log', 'adopt']).finished;
    assert.equal(refused.code, 1);
    assert.match(refused.output, /A server runs on this home/);
    const secret = 'hunter2';
    const wrong = await palimpsest(t, home, [
      'log',
      'copy',
      '--from',
      'embedded',
      '--to',
      `mysql://me:${secret}@x`,
    ]).finished;
    assert.equal(wrong.code, 1);
    assert.match(wrong.output, /Accepted as the URL of a log/);
    assert.ok(!wrong.output.includes(secret));
    server.child.kill('SIGTERM');
    await server.finished;
  },
);
