import { LogTampered } from '#domain/log-tampered.ts';
import { backOff, verify } from './follower.ts';
import { type Item, concerns, itemsOf } from './items.ts';
import { type LogBatch, eventsAfter } from './lane-events.ts';
import { type LaneDeps, laneRun } from './lane-run.ts';
import { orDue } from './or-due.ts';
import { pace } from './pace.ts';
import { type EventSource, type Lane, type Lease, LeaseLost, laneName } from './ports.ts';

/**
 * A lease this old is anybody's. It only keeps two processes from doing the same work; what keeps
 * them from harm is the fence. So it may run on each process's own clock: a clock that is wrong
 * makes a takeover early or late, never wrong.
 */
export const LEASE_MS = 10_000;

/** Runs one lane until `signal` aborts: waits for its lease, and for it again when it was lost. */
export async function runLane(deps: LaneDeps, lane: Lane, signal: AbortSignal): Promise<void> {
  const { store, clock, owner } = deps;
  for (let failures = 0; !signal.aborted;) {
    try {
      const lease = await store.acquire(lane, owner, LEASE_MS);
      if (lease === undefined) {
        await clock.sleep(LEASE_MS / 4, signal);
        continue;
      }
      deps.onHeld(lane, true);
      try {
        await work(deps, lease, signal, () => (failures = 0));
      } finally {
        deps.onHeld(lane, false);
        // Whatever went wrong here may go right elsewhere. Without it the lease ends by itself.
        await store.release(lease, owner).catch(() => undefined);
      }
    } catch (error) {
      if (error instanceof LogTampered) throw error;
      if (!(error instanceof LeaseLost)) deps.onError(error);
      await clock.sleep(backOff((failures += 1)), signal);
    }
  }
}

type Prepared = LogBatch & { readonly items: readonly Item[] };

async function work(deps: LaneDeps, lease: Lease, outer: AbortSignal, onProgress: () => void) {
  const { source, clock, flow, store } = deps;
  await verifyLease(source, lease);
  const done = new AbortController();
  const signal = AbortSignal.any([outer, done.signal]);
  const { projection, progress } = deps;
  const batches = eventsAfter(source, flow, lease.checkpoint, signal, {
    concerns: (event) =>
      concerns({ projection, lane: lease.lane }, event) ||
      progress.isWanted(projection.name, event.position - 1n),
    onWish: (hurry) => progress.onWish(hurry),
  });
  const run = laneRun(deps, lease);
  const { took, worked, rest } = pace(deps);
  const preparing = { ...deps, lane: lease.lane, isTransient: store.isTransient };

  const prepare = async (): Promise<Prepared | undefined> => {
    await rest(signal);
    const { value } = await batches.next();
    if (value === undefined) return undefined;
    const items = await itemsOf(preparing, value.events, run.parked());
    // A batch without events only says that the lane is live.
    if (value.events.length > 0) took(value);
    return { ...value, items };
  };

  try {
    let upcoming = heard(prepare());
    for (;;) {
      const prepared = await orDue(upcoming, run.dueIn(), clock, signal);
      if (prepared === 'due') {
        await run.settle();
        continue;
      }
      if (prepared === undefined || signal.aborted) break;
      // The next batch is read and opened while this one commits, unless the lane rests between
      // them: for how long, it knows only afterwards.
      const rests = prepared.live && projection.restMs !== undefined;
      if (!rests) upcoming = heard(prepare());
      const began = clock.now().getTime();
      await run.take(prepared);
      worked(clock.now().getTime() - began);
      if (rests) upcoming = heard(prepare());
      onProgress();
    }
    await run.settle();
  } finally {
    done.abort();
    await batches.return(undefined).catch(() => undefined);
  }
}

async function verifyLease(source: EventSource, { lane, logId, checkpoint }: Lease): Promise<void> {
  if (logId !== undefined && logId !== source.logId) {
    throw new LogTampered(
      `${laneName(lane)} has read log ${logId}, and this is log ${source.logId}. Rebuild the views.`,
    );
  }
  await verify(source, checkpoint);
}

/** A promise that may be left alone without its rejection ending the process. */
function heard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
