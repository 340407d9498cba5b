import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Client } from 'pg';
import { joinPostgres } from '#infra/embedded/embedded-postgres.ts';
import { callerOf, memberOf, ownerOf } from '#test/support/journey.ts';
import { soon } from '#test/support/live.ts';
import { emptyHome } from '#test/support/process.ts';
import { restartedServer } from '../kill-nine/server.ts';
import { Author } from './author.ts';

/** A document on a server of its own, and so many people who have it open, the last to read only. */
export async function liveSession(t: TestContext, writers: number) {
  const home = await emptyHome(t);
  const server = restartedServer(home);
  t.after(() => server.stop());
  await server.start();
  const operator = callerOf(
    server.url(),
    (await readFile(join(home, 'keys/operator'), 'utf8')).trim(),
  );
  const callers = { operator, as: (key: string) => callerOf(server.url(), key) };
  const owner = await ownerOf(callers, 'acme');
  const { key } = await memberOf(callers, owner, 'Owner', 'owner');
  const made = await owner.post('/v1/documents', { title: 'T', markdown: '' });
  const id = String(made.json['id']);
  const open = async (name: string, role: string) => {
    const author = await Author.open(server.url, id, await memberOf(callers, owner, name, role));
    t.after(() => author.close());
    return author;
  };
  const authors: Author[] = [];
  for (let index = 0; index < writers; index++) authors.push(await open(`W${index}`, 'editor'));
  const reader = await open('Reader', 'editor');

  const asked = async () => {
    const as = callerOf(server.url(), key);
    return (await as.get(`/v1/documents/${id}`, { accept: 'text/markdown' })).text;
  };

  return {
    authors,
    reader,
    /** On every replica, on the server, from a snapshot and what came after it, and from the events alone. */
    endsAs: async (text: string): Promise<void> => {
      for (const one of [...authors, reader]) {
        one.limit = Number.POSITIVE_INFINITY;
        one.gate.pump();
      }
      for (const one of [...authors, reader]) {
        await one.durable();
        await soon(() => one.markdown.length === text.length, 30_000).catch(() => undefined);
        mustBe(one.markdown, text);
      }
      mustBe(await asked(), text);
      for (const one of [...authors, reader]) await one.close();
      await server.stop();
      await server.start();
      mustBe(await asked(), text);
      await server.stop();
      await withoutSnapshots(home);
      await server.start();
      mustBe(await asked(), text);
      await server.stop();
      const verified = await server.run('log', 'verify');
      assert.equal(verified.code, 0, verified.output);
    },
  };
}

/** Says where they differ: the whole of both would fill the screen. */
function mustBe(found: string, text: string): void {
  if (found === text) return;
  let at = 0;
  while (found[at] === text[at]) at++;
  const around = (one: string) => JSON.stringify(one.slice(Math.max(0, at - 30), at + 30));
  const lengths = `${found.length} characters, not ${text.length}`;
  assert.fail(`${lengths}; at ${at} ${around(found)}, not ${around(text)}`);
}

async function withoutSnapshots(home: string): Promise<void> {
  const secret = (await readFile(join(home, 'keys/postgres'), 'utf8')).trim();
  const postgres = await joinPostgres(home, { secret });
  const url = new URL(postgres.superuserUrl);
  url.pathname = new URL(postgres.ownerUrl).pathname;
  const client = new Client({ connectionString: url.href });
  await client.connect();
  const { rowCount } = await client.query('delete from snapshots');
  assert.ok((rowCount ?? 0) > 0, 'there was no snapshot');
  await client.end();
  await postgres.leave();
}
