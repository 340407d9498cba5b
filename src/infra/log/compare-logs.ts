import type { EventLog } from '#commands/ports.ts';
import type { RecordedEvent } from '#domain/event.ts';
import { canonicalHeader } from '#domain/header.ts';
import type { TenantId } from '#domain/ids.ts';

export type ReadableLog = Pick<EventLog, 'logId' | 'head' | 'readAll'>;

const PAGE = 1_000;

/** The two logs do not say the same, so one is no copy of the other. */
export class LogsDiffer extends Error {
  constructor(what: string) {
    super(`The logs differ: ${what}.`);
    this.name = 'LogsDiffer';
  }
}

export type Compared = {
  /** Events that both have, tenant by tenant in the same order. */
  readonly events: number;
  readonly tenants: number;
  /** What the copy lacks, in the original's order. Reading goes on as it is asked for. */
  readonly missing: AsyncGenerator<readonly RecordedEvent[]>;
};

/**
 * Holds a copy against its original: every tenant's events in the copy must be the first of that
 * tenant's events in the original, byte for byte. The tenants may be mixed differently, because the
 * order between them means nothing. Throws `LogsDiffer`, which names the first event that differs.
 */
export async function compareLogs(
  original: ReadableLog,
  copy: ReadableLog,
  upTo: bigint,
  onProgress: (compared: number) => void,
): Promise<Compared> {
  const originals = tenantsOf(pagesOf(original, upTo));
  const tenants = new Set<TenantId>();
  let events = 0;
  for await (const page of pagesOf(copy, await copy.head())) {
    for (const event of page) {
      const expected = await originals.next(event.header.tenant);
      const difference = differenceOf(expected, event);
      if (difference !== undefined) throw new LogsDiffer(difference);
      tenants.add(event.header.tenant);
      events += 1;
    }
    onProgress(events);
  }
  return { events, tenants: tenants.size, missing: originals.rest() };
}

async function* pagesOf(
  log: ReadableLog,
  upTo: bigint,
): AsyncGenerator<readonly RecordedEvent[], void> {
  for (let after = 0n; after < upTo;) {
    const page = await log.readAll({ after, upTo, limit: PAGE });
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    after = last.position;
  }
}

/** Takes the next event of one tenant at a time, and keeps what it has to read past. */
function tenantsOf(pages: AsyncGenerator<readonly RecordedEvent[], void>) {
  const passed = new Map<TenantId, RecordedEvent[]>();

  /** False when there is nothing more. */
  const readOn = async (): Promise<boolean> => {
    const { value, done } = await pages.next();
    for (const event of value ?? []) {
      const queue = passed.get(event.header.tenant);
      if (queue === undefined) passed.set(event.header.tenant, [event]);
      else queue.push(event);
    }
    return done !== true;
  };

  return {
    next: async (tenant: TenantId): Promise<RecordedEvent | undefined> => {
      const isThere = () => (passed.get(tenant)?.length ?? 0) > 0;
      while (!isThere() && (await readOn()));
      return passed.get(tenant)?.shift();
    },
    rest: async function* (): AsyncGenerator<readonly RecordedEvent[]> {
      const left = [...passed.values()].flat();
      if (left.length > 0) yield left.toSorted((a, b) => (a.position < b.position ? -1 : 1));
      yield* pages;
    },
  };
}

function differenceOf(
  expected: RecordedEvent | undefined,
  { header, body }: RecordedEvent,
): string | undefined {
  const where = `${header.stream} at ${header.revision} (event ${header.id})`;
  if (expected === undefined) return `the copy has ${where}, which the original has not`;
  if (expected.header.id !== header.id)
    return `the copy has ${where} where the original has ${expected.header.stream} at ${expected.header.revision} (event ${expected.header.id})`;
  if (canonicalHeader(expected.header) !== canonicalHeader(header))
    return `the header of ${where} is another`;
  return Buffer.compare(expected.body, body) === 0 ? undefined : `the body of ${where} is another`;
}
