import type { EventLog } from '#commands/ports.ts';
import { canonicalHeader } from '#domain/header.ts';
import type { TenantId } from '#domain/ids.ts';

/** An event as the log holds it: text and bytes that nothing has interpreted yet. */
export type StoredRow = {
  readonly position: bigint;
  readonly header: string;
  readonly body: Uint8Array;
  /** What the log finds events by; all of it is in the header too. */
  readonly columns: StoredColumns;
};

export type StoredColumns = {
  readonly tenant_id: string;
  readonly stream: string;
  readonly revision: string;
  readonly id: string;
  readonly type: string;
  readonly command_id: string;
  readonly command_index: number;
  /** RFC 3339 in UTC with milliseconds. */
  readonly recorded_at: string;
};

/** The log in its order, in pages that need no large memory however large the events are. */
export type StoredPages = (from: {
  readonly after: bigint;
  readonly upTo: bigint;
  readonly tenant?: TenantId | undefined;
}) => AsyncIterable<readonly StoredRow[]>;

const PAGE_EVENTS = 1_000;

/** Of a log that has compared each event with the place it stands at while it read it. */
export const storedPagesOf = (log: Pick<EventLog, 'readAll'>): StoredPages =>
  async function* ({ after, upTo, tenant }) {
    for (let from = after; from < upTo;) {
      const filter = tenant === undefined ? {} : { tenant };
      const page = await log.readAll({ after: from, upTo, limit: PAGE_EVENTS, ...filter });
      const last = page.at(-1);
      if (last === undefined) return;
      yield page.map(({ header, body, position }) => ({
        position,
        header: canonicalHeader(header),
        body,
        columns: {
          tenant_id: header.tenant,
          stream: header.stream,
          revision: String(header.revision),
          id: header.id,
          type: header.type,
          command_id: header.commandId,
          command_index: header.commandIndex,
          recorded_at: header.recordedAt,
        },
      }));
      from = last.position;
    }
  };
