import { hashSecret, newSecret, secretFits } from '#infra/crypto/api-key.ts';
import { type CommandId, type DocumentId, derivedUuid } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { Principal } from '#domain/rights.ts';
import type { CommandMeta } from '#api/deps.ts';
import type { LiveDeps } from './live-deps.ts';

/** Whom a connection writes as: 32 hexadecimal digits, as Automerge names actors. */
export type ActorOf = { readonly id: string; readonly token?: string };

type Ports = Pick<LiveDeps, 'actors' | 'ids'>;

export const metaFor = (principal: Principal, commandId: string): CommandMeta => ({
  tenant: principal.tenant,
  principal,
  commandId: commandId as CommandId,
  // What live clients ask for has ids of its own; nothing can be asked twice under one of them.
  commandHash: new Uint8Array(),
  correlationId: commandId,
});

/** A new actor of the member in this document. The token is shown once. */
export async function claimActor(
  { actors, ids }: Ports,
  principal: Principal,
  documentId: DocumentId,
  device: string | undefined,
): Promise<ActorOf> {
  const commandId = ids.uuid();
  const id = derivedUuid('actor', commandId).replaceAll('-', '');
  const token = newSecret((count) => ids.bytes(count));
  const tokenHash = hashSecret(token);
  const command = { type: 'ClaimActor', documentId, tokenHash, device } as const;
  await actors.handle(id, command, metaFor(principal, commandId));
  return { id, token };
}

/** Throws `Rejected` where the actor is not the member's in this document, or may not write. */
export async function mustBeActor(
  { actors }: Pick<Ports, 'actors'>,
  principal: Principal,
  documentId: DocumentId,
  { id, token }: { readonly id: string; readonly token: string },
): Promise<void> {
  const { state } = await actors.history.newest(principal.tenant, id);
  const isTheirs = 'memberId' in state && state.memberId === principal.member;
  if (!isTheirs || state.documentId !== documentId || !secretFits(token, state.tokenHash)) {
    throw new Rejected('actor/not-found');
  }
  if (state.status === 'quarantined') throw new Rejected('actor/quarantined');
}

/** Lets the actor write through this connection, and no other. */
export async function resumeActor(
  { actors, ids }: Ports,
  principal: Principal,
  documentId: DocumentId,
  actor: { readonly id: string; readonly token: string },
  connection: string,
): Promise<ActorOf> {
  await mustBeActor({ actors }, principal, documentId, actor);
  const command = { type: 'ResumeActor', connection } as const;
  await actors.handle(actor.id, command, metaFor(principal, ids.uuid()));
  return { id: actor.id };
}
