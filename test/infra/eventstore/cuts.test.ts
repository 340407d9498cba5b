import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Appended, type Clock, LogUnavailable } from '#commands/ports.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';
import type { Cut } from '#test/support/eventstore/faults.ts';
import { openEventStore } from '#test/support/eventstore/open.ts';
import { eventStoreDouble } from '#test/support/eventstore/server.ts';
import {
  caughtUp,
  newDocument,
  note,
  projectionWorld,
  projector,
  readSum,
  sums,
} from '#test/support/projections.ts';
import { seededRandom } from '#test/support/random.ts';
import { newStream, sealing } from '#test/support/stored-event.ts';

const RUNS = Number(process.env['CUT_RUNS'] ?? 1_000);
const SUBSCRIBER_CUTS = Number(process.env['SUBSCRIBER_CUTS'] ?? 200);
const seed = Number(process.env['SEED'] ?? systemIds.random().toString().slice(2, 10));
const minutes = { timeout: 170_000 };

/** Its pauses are short: they grow while a connection breaks before it has brought anything. */
const hasty: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 50, signal) };

test(
  `connections cut at any step of an append: what was acknowledged is there once, the rest at most once (seed ${seed})`,
  minutes,
  async (t) => {
    const random = seededRandom(seed);
    const double = await eventStoreDouble(t);
    const log = await openEventStore(t, { url: double.url });
    let [acknowledged, unknown, cuts] = [0, 0, 0];
    for (let run = 0; run < RUNS; run++) {
      const writers = 1 + random.below(3);
      let [seen, left] = [0, 1 + random.below(2)];
      const at = 1 + random.below(writers);
      double.faults.cut = (): Cut | undefined => {
        seen += 1;
        if (seen < at || left === 0) return undefined;
        left -= 1;
        cuts += 1;
        return random.next() < 0.5 ? 'before' : 'after';
      };
      const appends = Array.from({ length: writers }, async () => {
        const stream = newStream();
        const events = 1 + random.below(3);
        const seal = sealing(stream, ...Array.from({ length: events }, () => ({})));
        const outcome = await log.append(stream, 'none', seal).catch((error: unknown) => error);
        return { stream, events, outcome };
      });
      for (const { stream, events, outcome } of await Promise.all(appends)) {
        double.faults.cut = () => undefined;
        const there = await log.readStream(stream);
        if (outcome instanceof Error) {
          assert.ok(outcome instanceof LogUnavailable, String(outcome));
          assert.ok(there.length === 0 || there.length === events);
          unknown += 1;
        } else {
          const { revision, position } = outcome as Appended;
          assert.equal(there.length, events);
          assert.equal(revision, events - 1);
          assert.equal(there.at(-1)?.position, position);
          acknowledged += 1;
        }
      }
    }
    t.diagnostic(`${acknowledged} acknowledged, ${unknown} not, ${cuts} cuts`);
    assert.ok(cuts >= RUNS / 2);
  },
);

test(
  'a view whose follower is cut off again and again counts every event exactly once',
  minutes,
  async (t) => {
    const double = await eventStoreDouble(t);
    const log = await openEventStore(t, { url: double.url });
    const followed = await openEventStore(t, { url: double.url, clock: hasty });
    const random = seededRandom(seed);
    let [cuts, at] = [0, 3];
    double.faults.cutSubscription = (event) => {
      if (cuts >= SUBSCRIBER_CUTS || event < at) return false;
      cuts += 1;
      at = 1 + random.below(10);
      return true;
    };
    const world = await projectionWorld(t, { log });
    const projections = [sums({ partitions: 2 })];
    const process = await projector(t, { ...world, clock: hasty }, projections, { log: followed });
    const documents = Array.from({ length: 8 }, () => newDocument());
    const expected = new Map(documents.map((document) => [document, { sum: 0, events: 0 }]));
    for (const isOver = () => cuts >= SUBSCRIBER_CUTS; !isOver();) {
      const document = documents[random.below(documents.length)]!;
      const by = random.below(9);
      await note(world, document, { by });
      const row = expected.get(document)!;
      expected.set(document, { sum: row.sum + by, events: row.events + 1 });
    }
    await caughtUp(world, process, projections);
    for (const [document, row] of expected)
      assert.deepEqual(await readSum(process.views, document), { ...row, erased: false });
    assert.deepEqual(await world.store.deadLetters(), []);
    t.diagnostic(`${[...expected.values()].reduce((sum, { events }) => sum + events, 0)} events`);
  },
);
