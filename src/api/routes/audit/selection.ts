import { z } from 'zod';
import type { Audit } from '#api/deps.ts';
import { positionFrom } from '#api/position.ts';
import { Problem } from '#api/problem.ts';
import type { TenantId } from '#domain/ids.ts';
import { type StreamName, partsOf } from '#domain/stream.ts';
import type { Selection } from './read-events.ts';

const MOST_TYPES = 50;

const bound = z
  .string()
  .max(100)
  .optional()
  .describe('A position (`<log id>.<number>`) or a time (RFC 3339).');

export const AuditQuery = z.strictObject({
  from: bound.describe('After this position, or recorded at or after this time (RFC 3339).'),
  to: bound.describe('Up to this position, or recorded before this time (RFC 3339).'),
  stream: z
    .string()
    .max(200)
    .optional()
    .describe('Only this stream: `<kind>/<id>` or `<tenant>/<kind>/<id>`.'),
  types: z.string().max(2_000).optional().describe('Only these types of events, with commas.'),
  follow: z
    .enum(['', 'true', 'false'])
    .optional()
    .describe('Go on with new events as server-sent events.'),
});
export type AuditQuery = z.infer<typeof AuditQuery>;

/** Turns the query into what is read. Another tenant's stream is one that never existed. */
export function selectionOf(
  log: Pick<Audit['log'], 'logId'>,
  tenant: TenantId,
  query: AuditQuery,
  lastEventId: string | undefined,
): Selection {
  const from = boundOf(log.logId, 'from', query.from);
  const to = boundOf(log.logId, 'to', query.to);
  const resumed = lastEventId ? positionFrom(log.logId, lastEventId) : undefined;
  return {
    tenant,
    after: resumed ?? from.position ?? 0n,
    upTo: to.position,
    since: from.time,
    until: to.time,
    stream: streamFrom(tenant, query.stream),
    types: typesFrom(query.types),
  };
}

function boundOf(logId: string, name: string, text: string | undefined) {
  if (text === undefined) return { position: undefined, time: undefined };
  const time = z.iso.datetime({ offset: true }).safeParse(text);
  if (time.success) return { position: undefined, time: Date.parse(time.data) };
  if (!/^\d{4}-\d\d/.test(text)) return { position: positionFrom(logId, text), time: undefined };
  throw invalid(name, 'a time reads like 2026-01-31T12:00:00Z');
}

function streamFrom(tenant: TenantId, text: string | undefined): StreamName | undefined {
  if (text === undefined) return undefined;
  const whole = text.split('/').length === 2 ? `${tenant}/${text}` : text;
  if (!partsOf(whole)) throw invalid('stream', 'a stream reads `<kind>/<id>`');
  return whole as StreamName;
}

function typesFrom(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const types = text.split(',').map((type) => type.trim());
  if (types.length <= MOST_TYPES && types.every((type) => /^[A-Za-z]{1,64}$/.test(type)))
    return types;
  throw invalid('types', `at most ${MOST_TYPES} names of event types, with commas`);
}

const invalid = (path: string, message: string) =>
  new Problem('request/invalid', { errors: [{ in: 'query', path, message }] });
