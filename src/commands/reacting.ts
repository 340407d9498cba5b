import type { RecordedEvent } from '#domain/event.ts';
import { Rejected } from '#domain/rejected.ts';
import { type Clock, type EventLog, LogTampered } from './ports.ts';
import {
  type Reaction,
  type ReactionLease,
  type ReactionPlace,
  type ReactionStore,
  requestBecauseOf,
} from './reaction.ts';

/** As a projection's: what is dead for so long is taken over. */
const LEASE_MS = 10_000;
const MOST_PAUSE_MS = 5_000;
/** The place follows events that are none of a reaction's business at most this often. */
const LAZY_MS = 1_000;

export type ReactingDeps = {
  readonly log: Pick<EventLog, 'logId' | 'at' | 'head' | 'readStream'>;
  /**
   * Every event after this place, for ever, in batches; an empty one when none comes any more.
   * Those that do not concern the reaction may come later, with others.
   */
  readonly eventsAfter: (
    place: ReactionPlace,
    concerns: (event: RecordedEvent) => boolean,
    signal: AbortSignal,
  ) => AsyncIterable<readonly RecordedEvent[]>;
  readonly store: ReactionStore;
  readonly clock: Clock;
  /** Names this process among those that share the database. */
  readonly owner: string;
  readonly reactions: readonly Reaction[];
  /** Told of everything that is tried again. */
  readonly onError: (error: unknown) => void;
};

/**
 * Runs the reactions of this process. Each follows the log from its own place and waits at an event
 * that it cannot finish: to skip one would be to lose what follows from it.
 */
export function reacting(deps: ReactingDeps) {
  const { log, store, clock, owner, reactions } = deps;
  const stop = new AbortController();
  const tasks: Promise<void>[] = [];

  const renewing = async () => {
    while (!stop.signal.aborted) {
      await clock.sleep(LEASE_MS / 4, stop.signal);
      if (!stop.signal.aborted) await store.renew(owner, LEASE_MS).catch(deps.onError);
    }
  };

  return {
    /** New reactions begin where the log ends now: what was before them is settled. */
    start: async () => {
      const position = await log.head();
      const newest = position > 0n ? await log.at(position) : undefined;
      const place = { position, eventId: newest?.header.id };
      for (const { name } of reactions) await store.install(name, log.logId, place);
      tasks.push(renewing(), ...reactions.map((one) => run(deps, one, stop.signal)));
    },
    stop: async () => {
      stop.abort();
      await Promise.all(tasks);
    },
  };
}

/** Waits for the lease, and for it again when it was lost. */
async function run(deps: ReactingDeps, reaction: Reaction, signal: AbortSignal): Promise<void> {
  const { store, clock, owner } = deps;
  for (let failures = 0; !signal.aborted;) {
    try {
      const lease = await store.acquire(reaction.name, owner, LEASE_MS);
      if (lease === undefined) {
        await clock.sleep(LEASE_MS / 4, signal);
        continue;
      }
      try {
        await follow(deps, reaction, lease, signal, () => (failures = 0));
      } finally {
        await store.release(lease, owner).catch(() => undefined);
      }
    } catch (error) {
      deps.onError(error);
      if (error instanceof LogTampered) return;
      await clock.sleep(Math.min(50 * 2 ** (failures += 1), MOST_PAUSE_MS), signal);
    }
  }
}

async function follow(
  deps: ReactingDeps,
  reaction: Reaction,
  lease: ReactionLease,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<void> {
  await verify(deps, lease);
  const { store, clock } = deps;
  let [saved, place] = [lease.place, lease.place];
  let savedAt = clock.now().getTime();
  const save = async (): Promise<boolean> => {
    const isOurs = place === saved || (await store.move(lease, saved, place));
    saved = place;
    savedAt = clock.now().getTime();
    return isOurs;
  };
  const concerns = (event: RecordedEvent) => isBusiness(reaction, event);
  for await (const events of deps.eventsAfter(place, concerns, signal)) {
    const { finished, error } = await finish(deps, reaction, events, place, signal);
    place = finished;
    const isLazy = error === undefined && !events.some(concerns);
    // Also when one of them failed: what came before it need not be done again.
    const isDue = !isLazy || events.length === 0 || clock.now().getTime() - savedAt >= LAZY_MS;
    if (isDue && !(await save())) return;
    if (signal.aborted) break;
    if (error !== undefined) throw error;
    onProgress();
  }
  await save();
}

const isOf = ({ reactsTo }: Reaction, { header }: RecordedEvent): boolean =>
  reactsTo.includes(header.type);

/** The last part of a command stands for all of them. */
const isBusiness = (reaction: Reaction, event: RecordedEvent): boolean =>
  isOf(reaction, event) || (event.header.parts ?? 0) > 0;

/** Event by event, up to the end or to the first that fails. */
async function finish(
  deps: ReactingDeps,
  reaction: Reaction,
  events: readonly RecordedEvent[],
  from: ReactionPlace,
  signal: AbortSignal,
): Promise<{ readonly finished: ReactionPlace; readonly error?: unknown }> {
  let finished = from;
  try {
    await reaction.prepare?.(events.filter((event) => isOf(reaction, event)));
    for (const event of events) {
      if (signal.aborted) break;
      // Most events are nobody's business, and there are a dozen reactions: they wait for nothing.
      if (isBusiness(reaction, event)) {
        for (const one of await inEffect(deps, event)) await reactTo(reaction, one);
      }
      finished = { position: event.position, eventId: event.header.id };
    }
    return { finished };
  } catch (error) {
    return { finished, error };
  }
}

/** What takes effect with this event: nothing yet, itself, or all that its command said in parts. */
async function inEffect(
  { log }: ReactingDeps,
  event: RecordedEvent,
): Promise<readonly RecordedEvent[]> {
  const { stream, revision, unfinished, parts = 0 } = event.header;
  if (unfinished) return [];
  if (parts === 0) return [event];
  return [...(await log.readStream(stream, { from: revision - parts, limit: parts })), event];
}

async function reactTo(reaction: Reaction, event: RecordedEvent): Promise<void> {
  if (!isOf(reaction, event)) return;
  try {
    await reaction.react(event, requestBecauseOf(event, reaction.name));
  } catch (error) {
    // The stream says no, and will say so whenever it is asked again.
    if (!(error instanceof Rejected)) throw error;
  }
}

async function verify({ log }: ReactingDeps, { name, logId, place }: ReactionLease): Promise<void> {
  if (logId !== log.logId)
    throw new LogTampered(
      `The reaction ${name} has followed log ${logId}, and this is ${log.logId}.`,
    );
  if (place.eventId === undefined) return;
  const found = await log.at(place.position);
  if (found?.header.id !== place.eventId)
    throw new LogTampered(
      `The log holds ${found ? `event ${found.header.id}` : 'nothing'} at position ${place.position}, where the reaction ${name} has read event ${place.eventId}.`,
    );
}
