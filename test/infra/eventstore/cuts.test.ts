import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Appended, LogUnavailable } from '#commands/ports.ts';
import { systemIds } from '#infra/system/ids.ts';
import type { Cut } from '#test/support/eventstore/faults.ts';
import { openEventStore } from '#test/support/eventstore/open.ts';
import { eventStoreDouble } from '#test/support/eventstore/server.ts';
import { seededRandom } from '#test/support/random.ts';
import { newStream, sealing } from '#test/support/stored-event.ts';

const RUNS = Number(process.env['CUT_RUNS'] ?? 1_000);
const SUBSCRIBER_CUTS = Number(process.env['SUBSCRIBER_CUTS'] ?? 200);
const seed = Number(process.env['SEED'] ?? systemIds.random().toString().slice(2, 10));
const minutes = { timeout: 170_000 };

test(
  `connections cut at any step of an append: what was acknowledged is there once, the rest at most once (seed ${seed})`,
  minutes,
  async (t) => {
    const { next: random } = seededRandom(seed);
    const double = await eventStoreDouble(t);
    const log = await openEventStore(t, { url: double.url });
    let [acknowledged, unknown, cuts] = [0, 0, 0];
    for (let run = 0; run < RUNS; run++) {
      const writers = 1 + Math.floor(random() * 3);
      let [seen, left] = [0, 1 + Math.floor(random() * 2)];
      const at = 1 + Math.floor(random() * writers);
      double.faults.cut = (): Cut | undefined => {
        seen += 1;
        if (seen < at || left === 0) return undefined;
        left -= 1;
        cuts += 1;
        return random() < 0.5 ? 'before' : 'after';
      };
      const appends = Array.from({ length: writers }, async () => {
        const stream = newStream();
        const events = 1 + Math.floor(random() * 3);
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
  'a follower whose connection breaks again and again hands out every event once',
  minutes,
  async (t) => {
    const double = await eventStoreDouble(t);
    const log = await openEventStore(t, { url: double.url });
    const { next: random } = seededRandom(seed);
    let [cuts, at] = [0, 3];
    double.faults.cutSubscription = (event) => {
      if (cuts >= SUBSCRIBER_CUTS || event < at) return false;
      cuts += 1;
      at = 1 + Math.floor(random() * 10);
      return true;
    };
    const events = SUBSCRIBER_CUTS * 5;
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const batch of log.follow({ after: 0n, signal: stop.signal })) {
        seen.push(...batch.map(({ header }) => header.id));
        if (seen.length >= events) stop.abort();
      }
    })();
    const written: string[] = [];
    for (let count = 0; count < events; count += 5) {
      const stream = newStream();
      const seal = sealing(stream, {}, {}, {}, {}, {});
      let ids: string[] = [];
      await log.append(stream, 'none', (place) => {
        const sealed = seal(place);
        ids = sealed.map(({ header }) => header.id);
        return sealed;
      });
      written.push(...ids);
    }
    await following;
    assert.deepEqual(seen, written);
    assert.equal(cuts, SUBSCRIBER_CUTS);
  },
);
