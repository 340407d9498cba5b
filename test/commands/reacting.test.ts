import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { listOwnerWhenMade } from '#commands/list-owner-when-made.ts';
import { type Clock, LogTampered } from '#commands/ports.ts';
import { reacting } from '#commands/reacting.ts';
import type { Reaction, ReactionPlace, ReactionStore } from '#commands/reaction.ts';
import type { RecordedEvent } from '#domain/event.ts';
import { streamOf } from '#domain/stream.ts';
import { postgresReactionStore } from '#infra/postgres/reaction-store.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';
import { freshDatabase } from '#test/support/database.ts';
import { acme, memberNamed, principal } from '#test/support/given.ts';
import { type People, acmeWorld, by } from '#test/support/people.ts';
import { until } from '#test/support/process.ts';

const olivia = principal('olivia', 'owner');

/** Leases, pauses and retries pass a hundred times as fast. */
const hasty: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 100, signal) };

/** An owner whom nobody has listed, because the process ended that was about to. */
const halfMade = async (people: People, name: string) => {
  const id = memberNamed(name);
  const command = { type: 'InviteMember', name, roles: ['owner'] } as const;
  await people.withoutTheList(id, command, by(olivia));
  return id;
};

const tenantEvents = async ({ log }: People) =>
  (await log.readStream(streamOf(acme, 'tenant', acme))).map(({ header }) => header);

const listings = async (people: People) =>
  (await tenantEvents(people)).filter(({ type }) => type === 'OwnerListed').length;

test('an owner whom a process could not list any more is listed, once, by one of two workers', async (t) => {
  const { people, worker } = await world(t);
  for (const _ of ['one', 'other']) await worker();
  const made: string[] = [];
  for (let count = 0; count < 10; count++) made.push(await halfMade(people, `owner-${count}`));
  await until(async () => (await listings(people)) === made.length);
  const events = (await tenantEvents(people)).filter(({ type }) => type === 'OwnerListed');
  const causes = await Promise.all(
    made.map(
      async (id) => (await people.log.readStream(streamOf(acme, 'member', id)))[0]!.header.id,
    ),
  );
  assert.deepEqual(events.map(({ causationId }) => causationId).toSorted(), causes.toSorted());
});

test('one that begins anew, even from before, changes nothing', async (t) => {
  const { people, moveBack, worker } = await world(t);
  const first = await worker();
  for (const name of ['ada', 'bob', 'cid']) await halfMade(people, name);
  await until(async () => (await listings(people)) === 3);
  await first.stop();
  await moveBack();
  const second = await worker();
  await halfMade(people, 'dan');
  await until(async () => (await listings(people)) === 4);
  await second.stop();
  assert.equal(await listings(people), 4);
});

test('a new reaction leaves alone what was there before it', async (t) => {
  const { people, worker } = await world(t);
  await halfMade(people, 'ada');
  await worker();
  await halfMade(people, 'bob');
  await until(async () => (await listings(people)) === 1);
  const { state } = await people.tenants.newest(acme, acme);
  assert.equal(state.status !== 'missing' && state.owners.has(memberNamed('ada')), false);
});

test('an event that cannot be finished is waited for, and none after it is done before', async (t) => {
  const { people, worker } = await world(t);
  const done: string[] = [];
  let isBroken = true;
  const errors: unknown[] = [];
  const reaction: Reaction = {
    name: 'note-members',
    reactsTo: ['MemberInvited'],
    react: async ({ header }) => {
      if (isBroken && done.length === 1) throw new Error('not now');
      done.push(header.stream);
    },
  };
  await worker({ reactions: [reaction], onError: (error) => errors.push(error) });
  const ids = [];
  for (const name of ['ada', 'bob', 'cid']) ids.push(await halfMade(people, name));
  await until(() => errors.length >= 3);
  assert.equal(done.length, 1);
  isBroken = false;
  await until(() => done.length === 3);
  assert.deepEqual(
    done,
    ids.map((id) => streamOf(acme, 'member', id)),
  );
});

test('who was overtaken moves nothing', async (t) => {
  const { store } = await world(t);
  const start: ReactionPlace = { position: 0n, eventId: undefined };
  await store.install('one', 'log', start);
  const zombie = await store.acquire('one', 'zombie', -1);
  const taker = await store.acquire('one', 'taker', 60_000);
  assert.equal(await store.acquire('one', 'third', 60_000), undefined);
  const to = { position: 7n, eventId: memberNamed('x') as never };
  assert.equal(await store.move(zombie!, start, to), false);
  assert.equal(await store.move(taker!, start, to), true);
  assert.equal(await store.move(taker!, start, to), false);
});

test('a log that was replaced stops a reaction', async (t) => {
  const { people, store, worker } = await world(t);
  const errors: unknown[] = [];
  await store.install('list-owner-when-made', 'another log', { position: 0n, eventId: undefined });
  await worker({ onError: (error) => errors.push(error) });
  await until(() => errors.length > 0);
  assert.ok(errors[0] instanceof LogTampered);
  await halfMade(people, 'ada');
  assert.equal(await listings(people), 0);
});

async function world(t: TestContext) {
  const workers = new Set<{ stop(): Promise<void> }>();
  // Before the database, which they use to the last.
  t.after(async () => await Promise.all([...workers].map((one) => one.stop())));
  const database = await freshDatabase(t);
  const people = await acmeWorld();
  const store = postgresReactionStore(database, systemClock);
  const moveBack = async () => {
    const query =
      'begin; set local role palimpsest_projector; update reaction_checkpoints set position = 0, event_id = null; commit';
    await database.pool.query(query);
  };
  const worker = async (changes: Changes = {}) => {
    const one = await startWorker(people, store, changes);
    workers.add(one);
    return one;
  };
  return { people, store, moveBack, worker };
}

type Changes = {
  readonly reactions?: readonly Reaction[];
  readonly onError?: (error: unknown) => void;
};

async function startWorker(people: People, store: ReactionStore, changes: Changes) {
  const { log } = people;
  const running = reacting({
    log,
    eventsAfter: async function* (
      { position: after },
      _,
      signal,
    ): AsyncGenerator<readonly RecordedEvent[]> {
      yield* log.follow({ after, signal, limit: 2 });
    },
    store,
    clock: hasty,
    owner: systemIds.uuid(),
    reactions: [
      listOwnerWhenMade({ tenants: people.tenants.handle, memberHistory: people.members }),
    ],
    onError: (error) => assert.fail(String(error)),
    ...changes,
  });
  await running.start();
  return running;
}
