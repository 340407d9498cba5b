import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queryObjects } from 'node:v8';
import { Registry } from 'prom-client';
import { reacting } from '#api/reactions/reacting.ts';
import type { Clock } from '#commands/ports.ts';
import { postgresReactionStore } from '#infra/postgres/reaction-store.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';
import { follower } from '#projections/follower.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { freshDatabase } from '#test/support/database.ts';
import { until } from '#test/support/process.ts';

/** Rests, leases and ticks pass a thousand times as fast. */
const hasty: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(ms / 1_000, signal),
};

test('reactions that nothing happens for note where they are, and leave nothing behind', async (t) => {
  // Before the database, which they use to the last.
  const stops: (() => Promise<void>)[] = [];
  t.after(async () => {
    for (const stop of stops) await stop();
  });
  const database = await freshDatabase(t);
  const { streams, publishProvider, log, sealer } = catalogue();
  const warn = (message: string) => assert.fail(message);
  const flow = follower(log, hasty, (error) => assert.fail(String(error)));
  const ports = { database, log, flow, streams, sealer, clock: hasty, ids: systemIds };
  const reactions = reacting({ ...ports, metrics: new Registry(), others: [], warn });
  stops.push(reactions.stop, async () => await flow.close());
  await reactions.start();
  await publishProvider('openai');
  const store = postgresReactionStore(database, hasty);
  const head = await log.head();
  await until(async () => (await store.places()).every(({ place }) => place.position === head));
  const before = queryObjects(Promise, { format: 'count' });
  await systemClock.sleep(1_000);
  const grown = queryObjects(Promise, { format: 'count' }) - before;
  assert.ok(grown < 100, `${grown} promises more`);
});
