import type { Audit } from '#api/deps.ts';
import type { RecordedEvent } from '#domain/event.ts';
import type { TenantId } from '#domain/ids.ts';
import type { StreamName } from '#domain/stream.ts';

/** Which of a tenant's events an auditor asked for. */
export type Selection = {
  readonly tenant: TenantId;
  /** Exclusive. */
  readonly after: bigint;
  /** Inclusive. */
  readonly upTo: bigint | undefined;
  /** Recorded at or after; milliseconds since 1970. */
  readonly since: number | undefined;
  /** Recorded before. */
  readonly until: number | undefined;
  readonly stream: StreamName | undefined;
  readonly types: readonly string[] | undefined;
};

const SMALLEST_PAGE = 16;
const LARGEST_PAGE = 512;
const PAGE_BYTES = 512 * 1024;

/**
 * The selected events up to `head`, page by page, each fetched when the reader asks for it. A page
 * shrinks where events are large, so that memory stays flat whatever is in the log.
 */
export async function* selectedEvents(
  log: Audit['log'],
  selection: Selection,
  head: bigint,
): AsyncGenerator<readonly RecordedEvent[]> {
  if (selection.stream === undefined) yield* tenantEvents(log, selection, head);
  else yield* chosen(streamPages(log, selection, head), selection);
}

/** As `selectedEvents`, but from a position on: a stream's events are picked out of the tenant's. */
export async function* tenantEvents(
  log: Audit['log'],
  selection: Selection,
  head: bigint,
): AsyncGenerator<readonly RecordedEvent[]> {
  yield* chosen(tenantPages(log, selection, head), selection);
}

async function* chosen(pages: AsyncIterable<readonly RecordedEvent[]>, selection: Selection) {
  for await (const page of pages) {
    const events = page.filter((event) => isSelected(event, selection));
    if (events.length > 0) yield events;
  }
}

async function* tenantPages(log: Audit['log'], selection: Selection, head: bigint) {
  const upTo = selection.upTo !== undefined && selection.upTo < head ? selection.upTo : head;
  const { tenant, types } = selection;
  let limit = SMALLEST_PAGE;
  for (let after = selection.after; after < upTo;) {
    const page = await log.readAll({ after, upTo, tenant, limit, ...(types && { types }) });
    const last = page.at(-1);
    if (!last) return;
    yield page;
    after = last.position;
    limit = nextLimit(limit, page);
  }
}

async function* streamPages(log: Audit['log'], { stream, tenant }: Selection, head: bigint) {
  if (!stream?.startsWith(`${tenant}/`)) return;
  let limit = SMALLEST_PAGE;
  for (let from = 0; ;) {
    const page = await log.readStream(stream, { from, limit });
    const last = page.at(-1);
    if (!last) return;
    yield page.filter(({ position }) => position <= head);
    from = last.header.revision + 1;
    limit = nextLimit(limit, page);
  }
}

function nextLimit(limit: number, page: readonly RecordedEvent[]): number {
  const bytes = page.reduce((sum, { body }) => sum + body.byteLength, 0);
  if (bytes > PAGE_BYTES) return Math.max(SMALLEST_PAGE, Math.floor(limit / 2));
  return page.length < limit ? limit : Math.min(LARGEST_PAGE, limit * 2);
}

function isSelected(event: RecordedEvent, selection: Selection): boolean {
  const { header, position } = event;
  const { tenant, after, upTo, stream, types } = selection;
  if (header.tenant !== tenant || position <= after) return false;
  if (upTo !== undefined && position > upTo) return false;
  if (stream !== undefined && header.stream !== stream) return false;
  if (types !== undefined && !types.includes(header.type)) return false;
  return isInTime(header.recordedAt, selection);
}

function isInTime(recordedAt: string, { since, until }: Selection): boolean {
  if (since === undefined && until === undefined) return true;
  const at = Date.parse(recordedAt);
  return (since === undefined || at >= since) && (until === undefined || at < until);
}
