import { closeCodes } from '#client/protocol.ts';
import type { Room, Subscriber } from '#commands/rooms/room.ts';
import { mayOn, mustMay } from '#domain/document/access.ts';
import { savedOf } from '#domain/document/reading.ts';
import type { LivingDocument } from '#domain/document/state.ts';
import type { DocumentId } from '#domain/ids.ts';
import type { Principal } from '#domain/rights.ts';
import { type ActorOf, claimActor, resumeActor } from './actors.ts';
import { type Frame, packedEvents } from './frames.ts';
import type { LiveDeps } from './live-deps.ts';

export type Hello = Extract<Frame, { readonly t: 'hello' }>;

/** The server ends the connection, and says why. */
export class Closing extends Error {
  readonly code: number;

  constructor(code: number, reason: string) {
    super(reason);
    this.name = 'Closing';
    this.code = code;
  }
}

/** Throws `Closing` where nobody comes, `KeysUnavailable` and `Rejected`. */
export async function whoComes(
  { whoIs, tickets }: Pick<LiveDeps, 'whoIs' | 'tickets'>,
  { credential, ticket }: Hello,
  document: DocumentId,
): Promise<{ readonly principal: Principal; readonly credential: string }> {
  const given = ticket === undefined ? credential : tickets.redeem(ticket, document);
  const principal = given === undefined ? undefined : await whoIs(given);
  if (given === undefined || principal === undefined) {
    throw new Closing(closeCodes.unauthenticated, 'auth/invalid');
  }
  return { principal, credential: given };
}

const actions = ['read', 'comment', 'edit', 'version', 'restore', 'manage'] as const;

/** What the member may do with the document now, in the words of the protocol. */
export const rightsOn = (document: LivingDocument, principal: Principal): readonly string[] =>
  actions.filter((action) => {
    if (document.status === 'archived' && (action === 'edit' || action === 'restore')) return false;
    return mayOn(document.access, principal, `document.${action}`);
  });

export type Entered = {
  readonly revision: number;
  readonly rights: readonly string[];
  readonly actor: ActorOf | undefined;
  readonly snapshot?: Uint8Array;
  readonly events?: Uint8Array;
};

/** Joins the room, with what the client has not yet. Throws `Rejected`, `LogUnavailable`. */
export async function enter(
  deps: Pick<LiveDeps, 'history' | 'rooms' | 'actors' | 'ids'>,
  { room, subscriber }: { readonly room: Room; readonly subscriber: Subscriber },
  { principal, document, hello }: Coming,
): Promise<Entered> {
  const { tenant } = principal;
  const { since } = hello;
  const look = async (isWhole: boolean) => {
    const { state, revision } = await deps.history.newest(tenant, document);
    const seen = mustMay(state, principal, 'document.read');
    const rights = rightsOn(seen, principal);
    return { revision, rights, ...(isWhole && { snapshot: savedOf(seen) }) };
  };

  const isNew = since === undefined;
  let seen = await room.join(subscriber, () => look(isNew));
  const missed =
    isNew || since > seen.revision
      ? undefined
      : await deps.rooms.since(tenant, document, since, seen.revision);
  if (!isNew && missed === undefined) seen = await look(true);
  const actor = seen.rights.includes('edit')
    ? await actorFor(deps, { principal, document, hello }, subscriber.session)
    : undefined;
  return { ...seen, actor, ...(missed && { events: packedEvents(missed) }) };
}

export type Coming = {
  readonly principal: Principal;
  readonly document: DocumentId;
  readonly hello: Hello;
};

export async function actorFor(
  deps: Pick<LiveDeps, 'actors' | 'ids'>,
  { principal, document, hello }: Coming,
  session: string,
): Promise<ActorOf> {
  if (hello.actor === undefined) {
    return await claimActor(deps, principal, document, hello.device);
  }
  const actor = { id: Buffer.from(hello.actor.id).toString('hex'), token: hello.actor.token };
  return await resumeActor(deps, principal, document, actor, session);
}
