import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Client } from 'pg';
import type { Verified } from '#api/cli/log/verify.ts';
import { canonicalHeader } from '#domain/header.ts';
import { joinPostgres } from '#infra/embedded/embedded-postgres.ts';
import { emptyHome, lastFirst, palimpsest, startServer, until } from '#test/support/process.ts';
import { randomTrace, traceFile } from '#test/support/trace.ts';

/** A home whose log holds a demo and an imported session with snapshots; its server has stopped. */
async function filledHome(t: TestContext): Promise<string> {
  const home = await emptyHome(t);
  const server = await startServer(t, home);
  const file = await traceFile(home, 'session', randomTrace(11, 450));
  const { code, output } = await palimpsest(t, home, ['import-trace', file, '--batch', '2'])
    .finished;
  assert.equal(code, 0, output);
  server.child.kill('SIGTERM');
  await server.finished;
  return home;
}

async function run(t: TestContext, home: string, ...args: string[]) {
  const running = palimpsest(t, home, args);
  let stdout = '';
  running.child.stdout?.on('data', (text: string) => (stdout += text));
  const { code, output } = await running.finished;
  return { code, output, lines: stdout.split('\n').filter((line) => line !== '') };
}

async function verified(t: TestContext, home: string): Promise<Verified> {
  const { code, output, lines } = await run(t, home, 'log', 'verify', '--json');
  const outcome = JSON.parse(lines.at(-1) ?? '') as Verified;
  assert.equal(code, outcome.whole ? 0 : 1, output);
  return outcome;
}

/** What nobody can do through Palimpsest: the database's superuser changes what is stored. */
async function tamperer(t: TestContext, home: string): Promise<Client> {
  const secret = (await readFile(join(home, 'keys/postgres'), 'utf8')).trim();
  const postgres = await joinPostgres(home, { secret });
  const url = new URL(postgres.superuserUrl);
  url.pathname = 'palimpsest';
  const client = new Client({ connectionString: url.href });
  await client.connect();
  lastFirst(t, async () => {
    await client.end();
    await postgres.leave();
  });
  await client.query(`set session_replication_role = replica`);
  return client;
}

type Part = (t: TestContext, home: string) => Promise<void>;
const parts: (readonly [string, Part])[] = [];
const part = (name: string, test: Part) => void parts.push([name, test]);

part('is whole when nobody touched it, beside a running server too', async (t, home) => {
  await startServer(t, home);
  const { whole, first, streams, snapshots, views } = await verified(t, home);
  assert.deepEqual(first, []);
  assert.equal(whole, true);
  assert.ok(streams > 3 && snapshots > 0, `${streams} streams, ${snapshots} snapshots`);
  assert.ok(views.some(({ name }) => name === 'document_list'));
});

part(
  'is not whole after any alteration: of events, columns, snapshots, rows of views',
  async (t, home) => {
    const client = await tamperer(t, home);
    const { rows } = await client.query<{ position: string; header: string; schema: string }>(
      `select position, header, (select schema_name from projection_registry where projection = 'document_list') as schema
       from events where type = 'ChangesApplied' order by position limit 1`,
    );
    const { position, header, schema } = rows[0]!;
    const at = `where position = ${position}`;
    const alterations: readonly [string, string, RegExp][] = [
      [
        `update events set body = set_byte(body, 20, get_byte(body, 20) # 1) ${at}`,
        `update events set body = set_byte(body, 20, get_byte(body, 20) # 1) ${at}`,
        /event: position \d+ .*its id is not that of its body/,
      ],
      [
        `update events set header = replace(header, '{"actor"', '{ "actor"') ${at}`,
        `update events set header = '${header}' ${at}`,
        /event: .*not in canonical form/,
      ],
      [
        `update events set recorded_at = recorded_at + interval '1 second' ${at}`,
        `update events set recorded_at = recorded_at - interval '1 second' ${at}`,
        /event: .*another recorded_at/,
      ],
      [
        `update snapshots set sealed = set_byte(sealed, 30, get_byte(sealed, 30) # 1)`,
        `update snapshots set sealed = set_byte(sealed, 30, get_byte(sealed, 30) # 1)`,
        /snapshot: .*@\d+: does not open/,
      ],
      [
        `update ${schema}.document_list set title = title || '!' where title = 'session'`,
        `update ${schema}.document_list set title = 'session' where title = 'session!'`,
        /view: document_list \{"tenant_id":"demo","document_id":"[^"]+"\}: has a row that is only in the view/,
      ],
    ];
    for (const [alter, restore, named] of alterations) {
      const { rowCount } = await client.query(alter);
      assert.ok(rowCount, alter);
      const { whole, first } = await verified(t, home);
      const found = first.map(({ check, where, what }) => `${check}: ${where}: ${what}`).join('\n');
      assert.equal(whole, false, alter);
      assert.match(found, named);
      await client.query(restore);
    }
    assert.deepEqual((await verified(t, home)).first, []);

    await client.query(`create temp table gone as select * from events ${at}`);
    await client.query(`delete from events ${at}`);
    const { first } = await verified(t, home);
    await client.query(`insert into events select * from gone`);
    assert.ok(
      first.some(({ where, what }) =>
        `${where} ${what}`.startsWith(`position ${position} is missing`),
      ),
    );
  },
);

part('is verified without leaving anything behind, also by a kill', async (t, home) => {
  const client = await tamperer(t, home);
  const schemas = async () =>
    (await client.query('select nspname from pg_namespace order by 1')).rows as unknown;
  const before = await schemas();
  const running = palimpsest(t, home, ['log', 'verify']);
  await until(() => running.output().includes('events into document_timeline'));
  running.child.kill('SIGKILL');
  await running.finished;
  await until(async () => {
    const { rows } = await client.query<{ busy: number }>(
      `select count(*)::int as busy from pg_stat_activity where state <> 'idle' and pid <> pg_backend_pid() and usename <> 'postgres'`,
    );
    return rows[0]?.busy === 0;
  });
  assert.deepEqual(await schemas(), before);
});

part('is exported exactly as it is stored, as canonical lines', async (t, home) => {
  const file = join(home, 'export.ndjson');
  const { code, output } = await run(t, home, 'log', 'export', '--out', file);
  assert.equal(code, 0, output);
  const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
  const client = await tamperer(t, home);
  const { rows } = await client.query<{ header: string; body: Buffer }>(
    'select header, body from events order by position',
  );
  assert.equal(lines.length, rows.length);
  for (const [index, line] of lines.entries()) {
    const event = JSON.parse(line) as { header: never; body: string; position: string };
    assert.equal(canonicalHeader(event.header), rows[index]?.header);
    assert.ok(line.includes(`"header":${rows[index]?.header}`));
    assert.equal(
      createHash('sha256').update(Buffer.from(event.body, 'base64')).digest('hex'),
      createHash('sha256').update(rows[index]!.body).digest('hex'),
    );
    assert.match(event.position, new RegExp(`^[0-9a-f-]{36}\\.${index + 1}$`));
  }
  const platform = await run(t, home, 'log', 'export', '--tenant', 'platform');
  const ofPlatform = lines.filter((line) => line.includes('"tenant":"platform"'));
  assert.deepEqual(platform.lines, ofPlatform);
});

part('is shown by tail, of a tenant or of some types, and followed', async (t, home) => {
  const last = await run(t, home, 'log', 'tail', '-n', '3');
  assert.equal(last.lines.length, 3);
  for (const line of last.lines) assert.match(line, /demo\/document\/.* ChangesApplied /);
  const created = await run(t, home, 'log', 'tail', '--types', 'DocumentCreated', '--json');
  assert.equal(created.lines.length, 2);
  const none = await run(t, home, 'log', 'tail', '--tenant', 'nobody');
  assert.deepEqual([none.code, none.lines], [0, []]);

  const { url } = await startServer(t, home);
  const key = (await readFile(join(home, 'keys/demo'), 'utf8')).trim();
  const follower = palimpsest(t, home, ['log', 'tail', '-n', '0', '--follow', '--tenant', 'demo']);
  await until(async () => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ title: 'Followed' });
    await fetch(new URL('/v1/documents', url), { method: 'POST', headers, body });
    return follower.output().includes('DocumentCreated');
  });
  follower.child.kill('SIGINT');
  assert.equal((await follower.finished).code, 0);
});

test('the log of a home that was used', async (t) => {
  const home = await filledHome(t);
  // One after the other, on one home: filling it takes longer than what is tested.
  for (const [name, part] of parts) await t.test(name, (t) => part(t, home));
});
