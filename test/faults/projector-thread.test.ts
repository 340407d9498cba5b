import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TestContext, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { sql } from 'kysely';
import type { FromProjector } from '#api/projector/messages.ts';
import { projectorThread } from '#api/projector/projector-thread.ts';
import type { Clock } from '#commands/ports.ts';
import { openEventLog } from '#infra/log/open-event-log.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';
import { backOff } from '#projections/follower.ts';
import { freshDatabase } from '#test/support/database.ts';
import { manualClock } from '#test/support/manual-clock.ts';
import { until } from '#test/support/process.ts';

/** A thread that fills the views of an empty log, and what was heard of it. */
async function threaded(t: TestContext, clock: Clock = systemClock) {
  const threads: Worker[] = [];
  let started = 0;
  const seen = (thread: Worker) => {
    threads.push(thread);
    thread.on('message', ({ type }: FromProjector) => {
      if (type === 'started') started += 1;
    });
  };
  process.on('worker', seen);
  t.after(() => process.off('worker', seen));

  const database = await freshDatabase(t);
  const common = { clock, ids: systemIds, eventStoreUrl: undefined };
  const source = await openEventLog({ ...common, database, report: () => undefined });
  t.after(async () => await source.close());
  const errors: unknown[] = [];
  const settings = {
    connections: { url: database.url, ownerUrl: database.ownerUrl },
    masterKey: randomBytes(32),
    eventStoreUrl: undefined,
    logLevel: 'silent',
    owner: randomUUID(),
  } as const;
  const onError = (error: unknown) => void errors.push(error);
  const projector = projectorThread({
    source,
    clock,
    settings,
    onError,
    onEnded: onError,
  });
  const start = async () => await projector.start();
  const stop = async () => await projector.stop();

  /** Ends the newest thread, as an error that nobody expected does. */
  const end = async () => {
    const thread = threads.at(-1)!;
    const ended = once(thread, 'exit');
    await thread.terminate();
    await ended;
  };
  return { database, threads, errors, started: () => started, start, stop, end };
}

test('a thread that is stopped while it starts again gives everything back', async (t) => {
  for (const ms of [0, 50, 400]) {
    const { database, threads, errors, start, stop, end } = await threaded(t);
    await start();
    await end();
    await until(() => threads.length === 2);
    await sleep(ms);
    await stop();
    const texts = errors.map((error) => (error as Error).message);
    assert.deepEqual(texts, ['The thread that fills the views has ended.']);
    const left = await database.asOwner((tx) =>
      sql`select owner from projectors
          union select lease_owner from projection_checkpoints where lease_owner is not null`.execute(
        tx,
      ),
    );
    assert.deepEqual(left.rows, []);
  }
});

test('a thread that is stopped before it has started leaves nobody waiting', async (t) => {
  const { errors, start, stop } = await threaded(t);
  const starting = start();
  await sleep(100);
  await Promise.all([starting, stop()]);
  assert.deepEqual(errors, []);
});

test('a thread that ends again and again rests longer each time, until it has lived for a minute', async (t) => {
  const clock = manualClock();
  const { threads, started, start, stop, end } = await threaded(t, clock);
  await start();
  const restsFor = async (ms: number) => {
    const before = threads.length;
    await end();
    await until(() => clock.sleepers === 1);
    await clock.advance(ms - 1);
    assert.equal(threads.length, before, `it rests for ${ms} ms`);
    await clock.advance(1);
    await until(() => started() === before + 1);
  };
  for (const failures of [1, 2, 3]) await restsFor(backOff(failures));
  await clock.advance(60_000);
  await restsFor(backOff(1));
  await stop();
});
