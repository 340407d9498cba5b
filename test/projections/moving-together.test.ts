import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import type { EventId } from '#domain/ids.ts';
import { type Lease, LeaseLost, type Move } from '#projections/ports.ts';
import { eventually, projectionWorld, sums } from '#test/support/projections.ts';

const LOG = 'log';

async function leasedLanes(t: TestContext, partitions: number) {
  const { store, database } = await projectionWorld(t);
  const projections = [sums({ partitions })];
  await store.install(projections);
  // As Postgres does by itself before long; its plans are others before.
  await database.asOwner(async (tx) => await sql`analyze projection_checkpoints`.execute(tx));
  const acquire = async (count = partitions) => {
    const leases: Lease[] = [];
    for (const { lane } of (await store.standings(projections)).slice(0, count)) {
      leases.push((await store.acquire(lane, 'one', 60_000))!);
    }
    return leases;
  };
  const standings = async () => await store.standings(projections);
  /** Somebody else who is at this lane's row, as the batch of a view is until it is committed. */
  const holding = async ({ lane }: Lease) => {
    const client = await database.pool.connect();
    let isHeld = true;
    const letGo = async () => {
      if (isHeld) client.release(true);
      isHeld = false;
    };
    t.after(letGo);
    await client.query('begin; set local role palimpsest_projector');
    await client.query('select from projection_checkpoints where partition = $1 for update', [
      lane.partition,
    ]);
    const waiting = `select count(*)::int as count from pg_stat_activity
                      where datname = current_database() and wait_event_type = 'Lock'`;
    return {
      isWaitedFor: async (count: number) =>
        await eventually(async () => (await database.pool.query(waiting)).rows[0].count === count),
      letGo,
    };
  };
  return { store, acquire, standings, holding };
}

const anyEvent = randomUUID() as EventId;
const at = (position: bigint): Move['to'] => ({ position, eventId: anyEvent, ordinal: position });

test('lanes that move together and the renewal of their leases never stop each other', async (t) => {
  const { store, acquire, standings, holding } = await leasedLanes(t, 60);
  const leases = await acquire();
  const move = { from: at(0n), to: at(5n) };
  const held = await holding(leases[30]!);
  const moving = leases.toReversed().map((lease) => store.commit(lease, LOG, move));
  await held.isWaitedFor(1);
  const renewing = store.renew('one', 60_000);
  await held.isWaitedFor(2);
  await held.letGo();
  await Promise.all([renewing, ...moving]);
  assert.ok((await standings()).every(({ checkpoint }) => checkpoint.position === 5n));
});

test('whoever was overtaken hears so, also when its successor moves the same lane with it', async (t) => {
  const { store, acquire, standings } = await leasedLanes(t, 2);
  const [old, other] = await acquire();
  const [young] = await acquire(1);
  const told = await Promise.allSettled([
    store.commit(old!, LOG, { from: at(0n), to: at(5n) }),
    store.commit(young!, LOG, { from: at(0n), to: at(7n) }),
    store.commit(other!, LOG, { from: at(0n), to: at(9n) }),
  ]);
  assert.deepEqual(
    told.map(({ status }) => status),
    ['rejected', 'fulfilled', 'fulfilled'],
  );
  assert.ok(told[0].status === 'rejected' && told[0].reason instanceof LeaseLost);
  assert.equal((await standings())[0]!.checkpoint.position, 7n);
});
