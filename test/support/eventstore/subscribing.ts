import { status as code } from '@grpc/grpc-js';
import type { Database, Stored } from './database.ts';
import type { Faults } from './faults.ts';
import { type ReadCall, fail, indexOf, note, placeIn, send } from './reading.ts';
import type { streams } from './protocol.ts';
import { eventAnswer, failure } from './wire.ts';

type FilterOptions = InstanceType<typeof streams.ReadReq.Options.FilterOptions>;

/** Measured: a filter that names no window is checked against so many events at a time. */
const WINDOW = 32;

type Ports = {
  readonly database: Database;
  readonly faults: Faults;
  readonly breakAll: () => void;
};

/** A subscription to `$all`: what is there, then "caught up", then what comes. */
export async function subscribe(call: ReadCall, ports: Ports): Promise<void> {
  const { database } = ports;
  const all = call.request.getOptions()?.getAll();
  if (all === undefined) {
    // Nothing here subscribes to one stream.
    fail(call, failure(code.UNIMPLEMENTED, 'This double subscribes to $all only.'));
    return;
  }
  if (!(await send(call, note('confirmation')))) return;
  const after = beginning(all, database.log);
  if (after === 'between') {
    fail(call, failure(code.INVALID_ARGUMENT, 'Trying to read from an invalid position.'));
    return;
  }
  const news = changes(call, database);
  const deliver = delivering(call, ports, after);
  for (let isCaughtUp = false; ; isCaughtUp = true) {
    const heard = news.count();
    if (!(await deliver())) return;
    if (!isCaughtUp && !(await send(call, note('caughtUp')))) return;
    if (!(await news.next(heard))) return;
  }
}

type AllOptions = InstanceType<typeof streams.ReadReq.Options.AllOptions>;

/** The position after which events are sent; `undefined` when none ever will be. */
function beginning(all: AllOptions, log: readonly Stored[]): bigint | undefined | 'between' {
  const end = log.at(-1)?.position ?? 0n;
  if (all.hasStart()) return -1n;
  if (all.hasEnd()) return end;
  const from = BigInt(all.getPosition()?.getCommitPosition() ?? 0);
  // Beyond the end: it is confirmed, caught up, and never delivers anything, new events included.
  if (from > end) return undefined;
  return placeIn(log, all) === 'between' ? 'between' : from;
}

/** Sends what has come since the last time. False when nobody listens any more. */
function delivering(call: ReadCall, { database, faults, breakAll }: Ports, from?: bigint) {
  const filter = call.request.getOptions()?.getFilter();
  const matches = matcher(filter);
  const interval = (filter?.getMax() || WINDOW) * (filter?.getCheckpointintervalmultiplier() || 1);
  let after = from;
  let [sent, seen] = [0, 0];

  const one = async (event: Stored): Promise<boolean> => {
    if (!matches(event)) return true;
    if (!faults.cutSubscription((sent += 1))) return await send(call, eventAnswer(event));
    breakAll();
    return false;
  };

  return async (): Promise<boolean> => {
    if (after === undefined) return true;
    const { log } = database;
    for (let index = indexOf(log, after + 1n); index < log.length; index++) {
      const event = log[index]!;
      after = event.position;
      seen += 1;
      if (!(await one(event))) return false;
      const isDue = filter !== undefined && seen % interval === 0;
      if (isDue && !(await send(call, note(after)))) return false;
    }
    return true;
  };
}

/** Waits for the log to grow; false when the call has ended. */
function changes(call: ReadCall, database: Database) {
  let count = 0;
  let wake: () => void = () => undefined;
  const stop = database.onChange(() => {
    count += 1;
    wake();
  });
  const ended = () => {
    stop();
    wake();
  };
  for (const event of ['cancelled', 'close', 'error']) call.once(event, ended);
  return {
    count: () => count,
    next: async (heard: number): Promise<boolean> => {
      if (count === heard && !call.cancelled && !call.destroyed)
        await new Promise<void>((resolve) => (wake = resolve));
      return !call.cancelled && !call.destroyed;
    },
  };
}

function matcher(filter: FilterOptions | undefined): (event: Stored) => boolean {
  if (filter === undefined) return () => true;
  const byName = filter.getStreamIdentifier();
  const expression = byName ?? filter.getEventType();
  const regex = expression?.getRegex() ? new RegExp(expression.getRegex()) : undefined;
  const prefixes = expression?.getPrefixList() ?? [];
  return (event) => {
    const text = byName ? event.stream : event.type;
    return regex ? regex.test(text) : prefixes.some((prefix) => text.startsWith(prefix));
  };
}
