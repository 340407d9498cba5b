import { positionText } from '#api/position.ts';
import type { RecordedEvent } from '#domain/event.ts';
import { canonicalHeader } from '#domain/header.ts';
import type { EventLog, ReadAll } from '#commands/ports.ts';

export type TailOptions = Pick<ReadAll, 'tenant' | 'types'> & {
  readonly count: number;
  readonly follow: boolean;
};

const PAGE = 1_000;

/** The last events that match, and then (`follow`) every new one until `signal` aborts. */
export async function* tail(
  log: EventLog,
  { tenant, types, count, follow }: TailOptions,
  signal: AbortSignal,
): AsyncGenerator<RecordedEvent> {
  const head = await log.head();
  const wanted = { ...(tenant && { tenant }), ...(types && { types }) };
  yield* await lastEvents(log, wanted, head, count);
  if (!follow) return;
  for await (const events of log.follow({ after: head, signal })) {
    yield* events.filter(
      ({ header }) =>
        (tenant === undefined || header.tenant === tenant) &&
        (types === undefined || types.includes(header.type)),
    );
  }
}

/** Looks further and further back, because nothing says where the last ones that match are. */
async function lastEvents(
  log: EventLog,
  wanted: Pick<ReadAll, 'tenant' | 'types'>,
  head: bigint,
  count: number,
): Promise<RecordedEvent[]> {
  for (let window = BigInt(Math.max(count, PAGE)); ; window *= 8n) {
    const from = head > window ? head - window : 0n;
    let found: RecordedEvent[] = [];
    for (let after = from; after < head;) {
      const page = await log.readAll({ ...wanted, after, upTo: head, limit: PAGE });
      const last = page.at(-1);
      if (last === undefined) break;
      found = [...found, ...page].slice(-count);
      after = last.position;
    }
    if (found.length >= count || from === 0n) return count === 0 ? [] : found;
  }
}

/** What is in the header, which holds no content. */
export const tailJson = (logId: string, { header, position }: RecordedEvent): string =>
  `{"header":${canonicalHeader(header)},"position":"${positionText(logId, position)}"}`;

export function tailText({ header, position }: RecordedEvent): string {
  const { recordedAt, stream, revision, type, actor } = header;
  return `${position}  ${recordedAt}  ${stream}@${revision}  ${type}  ${actor}`;
}
