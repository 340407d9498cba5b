import { type EventLog, MAX_APPEND_BYTES } from '#commands/ports.ts';
import type { RecordedEvent } from '#domain/event.ts';
import { canonicalHeader } from '#domain/header.ts';
import type { TenantId } from '#domain/ids.ts';
import { type ReadableLog, compareLogs } from './compare-logs.ts';

/** What is copied side by side: the tenants in so many events, each tenant in its own order. */
const WINDOW = 2_000;
const TENANTS_AT_ONCE = 64;

export class CopyRefused extends Error {
  constructor(why: string) {
    super(`The log cannot be copied: ${why}.`);
    this.name = 'CopyRefused';
  }
}

export type Copied = {
  readonly events: number;
  readonly tenants: number;
  /** Of these, so many were not there before. */
  readonly copied: number;
  /** Up to here in the original's own positions. */
  readonly upTo: bigint;
};

export type CopyProgress = {
  readonly compared: (events: number) => void;
  readonly copied: (events: number) => void;
};

/**
 * Makes `to` hold what `from` holds: the same events, ids, headers and bodies, and the same order
 * within each tenant. Where it goes on, after an interruption or for what was added since, `to`
 * itself says: what it has is compared first. Afterwards both are compared from the first event.
 * Throws `CopyRefused` and `LogsDiffer`.
 */
export async function copyLog(
  from: ReadableLog,
  to: Pick<EventLog, 'logId' | 'head' | 'readAll' | 'append'>,
  progress: CopyProgress,
): Promise<Copied> {
  if (from.logId === to.logId) throw new CopyRefused('both URLs name the same log');
  const upTo = await from.head();
  const { missing } = await compareLogs(from, to, upTo, progress.compared);
  let copied = 0;
  for await (const page of missing) {
    for (let start = 0; start < page.length; start += WINDOW) {
      const window = page.slice(start, start + WINDOW);
      await copyWindow(to, window);
      copied += window.length;
      progress.copied(copied);
    }
  }
  const { events, tenants } = await verifyCopy(from, to, upTo, progress.compared);
  return { events, tenants, copied, upTo };
}

/** Reads both from the first event. Throws `LogsDiffer` when `to` is no whole copy up to `upTo`. */
export async function verifyCopy(
  from: ReadableLog,
  to: ReadableLog,
  upTo: bigint,
  onProgress: (compared: number) => void,
): Promise<{ readonly events: number; readonly tenants: number }> {
  const { events, tenants, missing } = await compareLogs(from, to, upTo, onProgress);
  for await (const [first] of missing) {
    if (first === undefined) continue;
    const { stream, revision } = first.header;
    throw new CopyRefused(`the copy lacks ${stream} at ${revision} and what came after it`);
  }
  return { events, tenants };
}

async function copyWindow(to: Pick<EventLog, 'append'>, events: readonly RecordedEvent[]) {
  const byTenant = Map.groupBy(events, ({ header }) => header.tenant);
  const waiting = [...byTenant.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      await copyTenant(to, ...next);
  };
  await Promise.all(Array.from({ length: TENANTS_AT_ONCE }, work));
}

/** One append after the other: what is sent together may be written in another order. */
async function copyTenant(
  to: Pick<EventLog, 'append'>,
  _tenant: TenantId,
  events: readonly RecordedEvent[],
): Promise<void> {
  for (const append of appendsOf(events)) {
    const { stream, revision } = append[0]!.header;
    await to.append(stream, revision === 0 ? 'none' : revision - 1, () => append);
  }
}

/** Neighbours of one command belong together, as far as one append may hold them. */
function* appendsOf(events: readonly RecordedEvent[]): Generator<readonly RecordedEvent[]> {
  let append: RecordedEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    const size = Buffer.byteLength(canonicalHeader(event.header)) + event.body.length;
    if (append.length > 0 && !(goesOn(append.at(-1)!, event) && bytes + size <= MAX_APPEND_BYTES)) {
      yield append;
      append = [];
      bytes = 0;
    }
    append.push(event);
    bytes += size;
  }
  if (append.length > 0) yield append;
}

const goesOn = ({ header: before }: RecordedEvent, { header }: RecordedEvent): boolean =>
  header.stream === before.stream &&
  header.commandId === before.commandId &&
  header.commandIndex === before.commandIndex + 1 &&
  header.revision === before.revision + 1;
