import { Gauge, type Registry } from 'prom-client';
import { listOwnerWhenMade } from '#commands/list-owner-when-made.ts';
import type { Clock, EventLog, Ids, Sealer } from '#commands/ports.ts';
import { destroyReplacedKey } from '#commands/provider-keys/destroy-replaced-key.ts';
import type { Reaction } from '#commands/reaction.ts';
import { reacting as reactionEngine } from '#commands/reacting.ts';
import type { RecordedEvent } from '#domain/event.ts';
import type { Database } from '#infra/postgres/database.ts';
import { postgresReactionStore } from '#infra/postgres/reaction-store.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import type { Follower } from '#projections/follower.ts';
import { eventsAfter } from '#projections/lane-events.ts';
import { orDue } from '#projections/or-due.ts';
import type { Aggregates } from '#api/aggregates.ts';

/** Moving a reaction's place costs more than most of the events that it moves over. */
const REST_MS = 200;
/** Where no event comes for so long, what was seen is noted. */
const TICK_MS = 1_000;

/** What follows from events in other streams; run by the role `worker`. */
export function reacting(ports: {
  readonly database: Database;
  readonly log: EventLog;
  /** The one flow of events in this process. */
  readonly flow: Follower;
  readonly streams: Aggregates;
  readonly sealer: Pick<Sealer, 'destroy'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly metrics: Registry;
  /** Of slices that tie their own. */
  readonly others: readonly Reaction[];
  readonly warn: (message: string, error?: unknown) => void;
}) {
  const { database, log, flow, streams, sealer, clock, ids, metrics, others, warn } = ports;
  const store = postgresReactionStore(database, clock);
  const reactions = [
    listOwnerWhenMade({ tenants: streams.tenants.handle, memberHistory: streams.members.history }),
    destroyReplacedKey({
      providerKeyHistory: streams.providerKeys.history,
      sealer,
      inTenant: runAsTenant,
    }),
    ...others,
  ];
  observe(metrics, async () => {
    const head = await log.head();
    const places = await store.places();
    return places.map(({ name, place, movedAt }) => ({
      name,
      seconds: place.position >= head ? 0 : (clock.now().getTime() - movedAt.getTime()) / 1_000,
    }));
  });

  return reactionEngine({
    log,
    eventsAfter: ({ position, eventId }, concerns, outer) =>
      withRests(clock, outer, (signal) =>
        eventsAfter(log, flow, { position, eventId, ordinal: 0n }, signal, { concerns }),
      ),
    store,
    clock,
    owner: ids.uuid(),
    reactions,
    onError: (error) => warn('a reaction tries again', error),
  });
}

/** The batches with a rest after each, and an empty one when none comes any more. */
async function* withRests(
  clock: Clock,
  outer: AbortSignal,
  begin: (signal: AbortSignal) => ReturnType<typeof eventsAfter>,
): AsyncGenerator<readonly RecordedEvent[]> {
  const done = new AbortController();
  const signal = AbortSignal.any([outer, done.signal]);
  const batches = begin(signal);
  try {
    for (let [next, isQuiet] = [batches.next(), false]; ;) {
      // Once after each batch: what waits for the next one keeps something of every tick.
      const batch = isQuiet ? await next : await orDue(next, TICK_MS, clock, signal);
      isQuiet = batch === 'due';
      if (batch !== 'due' && batch.done === true) return;
      yield batch === 'due' ? [] : batch.value.events;
      if (batch === 'due') continue;
      // Not while it is behind, and not before the first event.
      if (batch.value.live && batch.value.events.length > 0) await clock.sleep(REST_MS, signal);
      next = batches.next();
    }
  } finally {
    done.abort(null);
    await batches.return(undefined).catch(() => undefined);
  }
}

/** A reaction that waits at an event shows here: it does not skip what it cannot finish. */
function observe(
  metrics: Registry,
  behind: () => Promise<readonly { readonly name: string; readonly seconds: number }[]>,
): void {
  const gauge = new Gauge({
    name: 'palimpsest_reaction_behind_seconds',
    help: 'For how long a reaction that is behind the log has not moved; 0 when it is not behind.',
    labelNames: ['reaction'],
    registers: [metrics],
    collect: async () => {
      for (const { name, seconds } of await behind().catch(() => [])) {
        gauge.set({ reaction: name }, seconds);
      }
    },
  });
}
