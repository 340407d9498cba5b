import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { LogUnavailable } from '#commands/ports.ts';
import { postgresEventLog } from '#infra/postgres/event-log.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';
import { freshDatabase } from '#test/support/database.ts';
import { holdCounter } from '#test/support/hold-counter.ts';
import { type PostgresProxy, postgresProxy } from '#test/support/postgres-proxy.ts';
import { seededRandom } from '#test/support/random.ts';
import { commandId, newStream, sealing } from '#test/support/stored-event.ts';

test('cut at any step, an append is there once if acknowledged, else at most once', async (t) => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 32));
  t.diagnostic(`SEED=${seed}`);
  const random = seededRandom(seed);
  const { log, proxy } = await logBehindProxy(t);
  const streams = Array.from({ length: 30 }, () => newStream());
  const acknowledged = new Set<string>();
  const unknown = new Set<string>();
  proxy.faults.cutRequest = () => random.next() < 0.04;
  proxy.faults.cutAnswer = () => random.next() < 0.04;

  let begun = 0;
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (begun++ < 1_000) {
        const stream = streams[random.below(streams.length)]!;
        const command = commandId();
        try {
          await log.append(stream, 'any', sealing(stream, { commandId: command }, {}));
          acknowledged.add(command);
        } catch (error) {
          assert.ok(error instanceof LogUnavailable, String(error));
          unknown.add(command);
        }
      }
    }),
  );

  const events = await log.readAll({ after: 0n, limit: 10_000 });
  const found = Map.groupBy(events, ({ header }) => header.commandId as string);
  for (const command of acknowledged) assert.equal(found.get(command)?.length, 2);
  for (const [command, its] of found) {
    assert.ok(acknowledged.has(command) || unknown.has(command));
    assert.equal(its.length, 2, 'all of the events or none');
  }
  assert.ok(acknowledged.size > 500, `${acknowledged.size} acknowledged`);
});

test('an append whose answer was lost after the commit is acknowledged, and there once', async (t) => {
  const { log, proxy } = await logBehindProxy(t);
  const stream = newStream();
  await log.append(stream, 'none', sealing(stream, {}));
  let cuts = 1;
  proxy.faults.cutAnswer = () => cuts-- > 0;
  const appended = await log.append(stream, 0, sealing(stream, {}, {}));
  assert.ok(cuts < 0, 'the answer was cut');
  assert.equal(appended.revision, 2);
  const events = await log.readStream(stream);
  assert.deepEqual(
    events.map(({ header }) => header.revision),
    [0, 1, 2],
  );
  assert.equal(events[2]!.position, appended.position);
});

test('an append whose connection is terminated while it waits is settled', async (t) => {
  const { database, log } = await logBehindProxy(t);
  const stream = newStream();
  await log.append(stream, 'none', sealing(stream, {}));
  const release = await holdCounter(t, database);

  const appending = log.append(stream, 0, sealing(stream, {}));
  for (let terminated = 0; terminated < 3;) {
    const { rows } = await database.pool.query<{ done: boolean }>(
      `select pg_terminate_backend(pid) as done from pg_stat_activity
       where datname = current_database() and query like '%append_events%' and wait_event_type = 'Lock'`,
    );
    terminated += rows.filter(({ done }) => done).length;
  }
  await release();

  assert.equal((await appending).revision, 1);
  assert.equal((await log.readStream(stream)).length, 2);
});

async function logBehindProxy(t: TestContext) {
  const database = await freshDatabase(t);
  const proxy: PostgresProxy = await postgresProxy(t, database.url);
  const log = await postgresEventLog({
    // Only appends go through the proxy, so that the checks read what is really there.
    database: { logPool: database.logPool, directUrl: proxy.url },
    clock: systemClock,
    ids: systemIds,
  });
  t.after(async () => await log.close());
  return { database, log, proxy };
}
