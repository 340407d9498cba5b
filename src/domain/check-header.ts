import { z } from 'zod';
import { canonicalHeader, MalformedHeader } from './header.ts';
import { ApiKeyId, CommandId, EventId, MemberId, TenantId } from './ids.ts';
import type { EventHeader } from './event.ts';
import { partsOf } from './stream.ts';

const id = z.string().min(1).max(200);

const StoredHeader = z.strictObject({
  id: EventId,
  stream: z.string().refine((name) => partsOf(name) !== undefined, 'is no name of a stream'),
  revision: z.int().min(0),
  type: z.string().regex(/^[A-Z][A-Za-z]{1,79}$/),
  schemaVersion: z.int().min(1),
  tenant: TenantId,
  actor: MemberId,
  apiKeyId: ApiKeyId.optional(),
  commandId: CommandId,
  commandIndex: z.int().min(0),
  bodyHmac: z.string().regex(/^[0-9a-f]{64}$/),
  causationId: id,
  correlationId: id,
  traceparent: id.optional(),
  subject: z
    .string()
    .regex(/^[a-z][a-z-]{0,39}:[^\s]{1,100}$/)
    .optional(),
  keyVersion: z.int().min(1),
  unfinished: z.literal(true).optional(),
  parts: z.int().min(0).optional(),
  recordedAt: z.iso.datetime({ precision: 3 }),
});

/**
 * Everything that can be said of a stored header by itself, for verifying a log: every field is
 * well formed, none is unknown, and the text is the canonical one, so that its hash is the only
 * hash this header can have. Throws `MalformedHeader`, naming the fields.
 */
export function checkHeader(text: string): EventHeader {
  const result = StoredHeader.safeParse(parsed(text));
  if (!result.success) {
    const wrong = result.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
    throw new MalformedHeader(wrong.join('; '));
  }
  const header = result.data as EventHeader;
  if (partsOf(header.stream)?.tenant !== header.tenant) {
    throw new MalformedHeader('its stream belongs to another tenant');
  }
  if (canonicalHeader(header) !== text) throw new MalformedHeader('it is not in canonical form');
  return header;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MalformedHeader('it is no JSON', { cause });
  }
}
