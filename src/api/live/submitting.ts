import { createHash } from 'node:crypto';
import type { InspectedChange } from '#domain/document/accepting/inspected.ts';
import { MalformedChange } from '#domain/document/accepting/change-chunk.ts';
import { type CommandId, type DocumentId, derivedUuid, uuidFrom } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { mustMay } from '#domain/document/access.ts';
import type { Principal } from '#domain/rights.ts';
import { metaFor } from './actors.ts';
import type { Frame } from './frames.ts';
import type { LiveDeps } from './live-deps.ts';

export type Asked = Extract<Frame, { readonly n: number }>;
type Changes = Extract<Asked, { readonly t: 'changes' }>;

export type SubmittingPorts = Pick<LiveDeps, 'documents' | 'history' | 'inspect' | 'ids'> & {
  readonly document: DocumentId;
  /** As of this moment: rights change while a document is open. */
  readonly principal: () => Principal;
  readonly actor: () => string | undefined;
};

const MOST_BYTES_AT_ONCE = 400_000;

/**
 * As many requests as become one command: the first, and the changes of the same group that wait
 * behind it. Takes them from the list.
 */
export function nextOf(waiting: Asked[]): readonly Asked[] {
  const first = waiting.shift();
  if (first?.t !== 'changes') return first ? [first] : [];
  const together: Asked[] = [first];
  let bytes = bytesIn(first);
  for (let next = waiting[0]; next?.t === 'changes'; next = waiting[0]) {
    bytes += bytesIn(next);
    if (bytes > MOST_BYTES_AT_ONCE || Buffer.compare(next.group, first.group) !== 0) break;
    together.push(next);
    waiting.shift();
  }
  return together;
}

export const bytesIn = (asked: Asked): number =>
  asked.t === 'changes' ? asked.changes.reduce((sum, { length }) => sum + length, 0) : 0;

/**
 * Sends what was asked for through the one path of every command, and answers the revision that
 * the document has then. Throws what that throws.
 */
export async function submit(
  ports: SubmittingPorts,
  asked: readonly Asked[],
  onDoing: (commandId: string) => void,
): Promise<number> {
  const { documents, document, ids } = ports;
  const [first] = asked;
  if (first === undefined) return -1;
  if (first.t === 'changes')
    return await submitChanges(ports, asked as readonly Changes[], onDoing);
  const meta = metaFor(ports.principal(), ids.uuid());
  onDoing(meta.commandId);
  if (first.t === 'edit') {
    const { edits, baseRevision } = first;
    return (await documents.edit(document, { edits, baseRevision }, meta)).revision;
  }
  const { t, scope, group } = first;
  const type = t === 'undo' ? 'UndoGroup' : 'RedoGroup';
  const of = group && { group: uuidFrom(group) };
  return (await documents.handle(document, { type, scope, ...of }, meta)).revision;
}

async function submitChanges(
  ports: SubmittingPorts,
  asked: readonly Changes[],
  onDoing: (commandId: string) => void,
): Promise<number> {
  const { documents, document, inspect, principal, actor } = ports;
  const id = actor();
  if (id === undefined) throw await whyNot(ports);
  const changes = await inspect(asked.flatMap(({ changes }) => changes));
  const meta = metaFor(principal(), commandOf(document, changes));
  onDoing(meta.commandId);
  const group = uuidFrom(asked[0]!.group);
  const command = { type: 'AcceptChanges', actor: id, changes, group } as const;
  return (await documents.handle(document, command, meta)).revision;
}

/** Why whoever writes as nobody may not write. Throws what says it better. */
async function whyNot({ history, document, principal }: SubmittingPorts): Promise<Rejected> {
  const { state } = await history.newest(principal().tenant, document);
  const { status } = mustMay(state, principal(), 'document.edit');
  return status === 'archived'
    ? new Rejected('document/archived')
    : new Rejected('right/missing', { action: 'document.edit' });
}

/** The same bytes are the same command, also when they are sent again. */
export function commandOf(document: DocumentId, changes: readonly InspectedChange[]): CommandId {
  const hash = createHash('sha256');
  for (const change of changes) hash.update(change.hash);
  return derivedUuid('changes', document, hash.digest('hex')) as CommandId;
}

/** Keeps the bytes for whoever looks into it; whoever sent them writes no more. */
export async function setAside(
  { actors, ids, metrics }: Pick<LiveDeps, 'actors' | 'ids' | 'metrics'>,
  { actor, principal }: { readonly actor: string; readonly principal: Principal },
  reason: string,
  changes: readonly Uint8Array[],
): Promise<void> {
  metrics.quarantined.inc({ reason });
  const bytes = Uint8Array.from(Buffer.concat(changes));
  const command = { type: 'QuarantineChange', reason, bytes } as const;
  await actors.handle(actor, command, metaFor(principal, ids.uuid()));
}

/** Why a change is set aside: no sound client makes one that is refused so. */
export function isHostile(error: unknown): string | undefined {
  if (error instanceof MalformedChange) return 'change/malformed';
  const isHostile = error instanceof Rejected && hostile.has(error.code);
  return isHostile ? error.code : undefined;
}

const hostile = new Set<string>([
  'change/not-allowed',
  'change/unknown-reference',
  'change/wrong-actor',
  'change/sequence-taken',
]);
