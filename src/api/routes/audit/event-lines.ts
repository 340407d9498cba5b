import { createHash } from 'node:crypto';
import type { Audit } from '#api/deps.ts';
import { positionText } from '#api/position.ts';
import type { RecordedEvent } from '#domain/event.ts';
import { toJson } from '#domain/event-types.ts';

export type AuditLine = { readonly position: bigint; readonly type: string; readonly json: string };

/** Each event as one line of JSON; what was erased keeps its header and the hash of what was stored. */
export async function auditLines(
  { log, open }: Pick<Audit, 'log' | 'open'>,
  events: readonly RecordedEvent[],
): Promise<AuditLine[]> {
  const opened = await open(events);
  return opened.map((event, at) => {
    const line = {
      position: positionText(log.logId, event.position),
      header: event.header,
      // With the header it makes the leaf of the audit tree, so a line can be proved.
      storedBodyHash: createHash('sha256').update(events[at]!.body).digest('hex'),
      ...(event.erased ? { erased: true } : { data: toJson(event.data) }),
    };
    return { position: event.position, type: event.type, json: JSON.stringify(line) };
  });
}
