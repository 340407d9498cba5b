import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLive } from '#test/support/live.ts';
import { realServer } from '#test/support/real-server.ts';

const KEYS = 60;

test('keys that come a few milliseconds apart are fewer events than keys, and all of them are there', async (t) => {
  const server = await realServer(t);
  const url = await server.app.listen({ port: 0, host: '127.0.0.1' });
  const { key } = await server.tenant('acme', 'Acme');
  const made = { title: 'Plan', markdown: 'Hello\n' };
  const { id = '' } = await server.make(key, 'POST', '/v1/documents', made);
  const writer = await openLive(url, id, key, { coalesceMs: 1 });
  t.after(() => writer.close());
  const { revision } = writer;
  const section = writer.sections[0]!.id;
  for (let typed = 0; typed < KEYS; typed++) {
    writer.splice(section, typed, 0, String(typed % 10));
    await sleep(4);
  }
  await writer.settled();
  const events = writer.revision - revision;
  t.diagnostic(`${events} events`);
  assert.ok(events > 1 && events < KEYS / 2, `${events} events`);
  assert.equal(writer.markdown, `${'0123456789'.repeat(KEYS / 10)}Hello\n`);
});
