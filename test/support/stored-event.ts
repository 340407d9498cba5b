import { createHash, randomUUID } from 'node:crypto';
import type { Place } from '#commands/ports.ts';
import type { EventHeader, StoredEvent } from '#domain/event.ts';
import { eventIdOf } from '#domain/header.ts';
import { type CommandId, SYSTEM, TenantId } from '#domain/ids.ts';
import { type StreamName, partsOf, streamOf } from '#domain/stream.ts';

export const acme = TenantId.parse('acme');

export const commandId = (): CommandId => randomUUID() as CommandId;

/** A document stream that no other test uses. */
export const newStream = (tenant: TenantId = acme): StreamName =>
  streamOf(tenant, 'document', randomUUID());

export type Drafted = {
  readonly type?: string;
  readonly commandId?: CommandId;
  readonly commandIndex?: number;
  readonly body?: string | Uint8Array;
  readonly recordedAt?: string;
};

/** A valid event as the sealer would make it, its body in the clear. */
export function storedEvent(stream: StreamName, place: Place, draft: Drafted = {}): StoredEvent {
  const body = typeof draft.body === 'object' ? draft.body : Buffer.from(draft.body ?? 'body');
  const sha256 = createHash('sha256').update(body).digest('hex');
  const command = draft.commandId ?? commandId();
  const commandIndex = draft.commandIndex ?? 0;
  const header: EventHeader = {
    id: eventIdOf(stream, command, commandIndex, sha256),
    stream,
    revision: place.revision,
    type: draft.type ?? 'Noted',
    schemaVersion: 1,
    tenant: partsOf(stream)!.tenant,
    actor: SYSTEM,
    commandId: command,
    commandIndex,
    bodyHmac: sha256,
    causationId: command,
    correlationId: command,
    recordedAt: draft.recordedAt ?? later(place.notBefore, new Date().toISOString()),
  };
  return { header, body };
}

/** What to give `append`: some events of one command, sealed for the place it is called with. */
export function sealing(stream: StreamName, ...drafts: Drafted[]) {
  const command = drafts[0]?.commandId ?? commandId();
  return (place: Place): StoredEvent[] =>
    drafts.map((draft, index) =>
      storedEvent(
        stream,
        { ...place, revision: place.revision + index },
        { commandId: command, commandIndex: index, ...draft },
      ),
    );
}

const later = (a: string | undefined, b: string): string => (a !== undefined && a > b ? a : b);
