import { closeCodes } from '#client/protocol.ts';
import type { Happened, Other, Subscriber } from '#commands/rooms/room.ts';
import { mayRead, mustMay } from '#domain/document/access.ts';
import type { DocumentId } from '#domain/ids.ts';
import type { ActorOf } from './actors.ts';
import { allowance } from './allowance.ts';
import type { Connection } from './connection.ts';
import { asking } from './asking.ts';
import { type Frame, eventsFrame } from './frames.ts';
import { Closing, type Hello, actorFor, enter, rightsOn, whoComes } from './greeting.ts';
import type { LiveDeps } from './live-deps.ts';
import { type LiveSession, type LiveSessions, MOST_OF_MEMBER } from './sessions.ts';

/** More than anybody types; what is beyond is dropped where it would be shown and forgotten. */
const FRAMES = { perSecond: 200, burst: 1_000 };
const GLIMPSES = { perSecond: 50, burst: 100 };
const MOST_IN_ROOM = 500;

export type SessionPorts = LiveDeps & { readonly sessions: LiveSessions };

/** Whoever has said hello: what comes in from there on, until `leave`. */
export type Session = {
  readonly take: (frame: Frame) => void;
  readonly leave: () => void;
};

/**
 * Lets a client into a document. Throws `Closing`, `Rejected`, `KeysUnavailable`, `LogUnavailable`;
 * then nothing is left of it.
 */
export async function beginSession(
  ports: SessionPorts,
  document: DocumentId,
  hello: Hello,
  connection: Connection,
): Promise<Session> {
  const { rooms, sessions, clock } = ports;
  const session = ports.ids.uuid();
  const coming = await whoComes(ports, hello, document);
  let { principal } = coming;
  const { tenant, member } = principal;
  const mustHaveRoom = () => {
    if (sessions.countOf(tenant, member) < MOST_OF_MEMBER) return;
    throw new Closing(closeCodes.tooMany, 'live/too-many-connections');
  };
  mustHaveRoom();
  let rights: readonly string[] = [];
  let actor: ActorOf | undefined;

  const asked = asking(ports, connection, {
    document,
    principal: () => principal,
    actor: () => (rights.includes('edit') ? actor?.id : undefined),
  });

  /** Rights and credentials change while a document is open. */
  const recheck = async (): Promise<void> => {
    const found = await ports.whoIs(coming.credential).catch(() => principal);
    if (found === undefined) return connection.close(closeCodes.unauthenticated, 'auth/invalid');
    principal = found;
    const { state } = await ports.history.newest(tenant, document);
    if (!mayRead(state, principal)) return connection.close(closeCodes.forbidden, 'right/missing');
    const now = rightsOn(mustMay(state, principal, 'document.read'), principal);
    if (now.join() === rights.join()) return;
    if (now.includes('edit') && actor === undefined) {
      actor = await actorFor(ports, { principal, document, hello }, session);
    }
    rights = now;
    connection.send({ t: 'rights', rights, ...(actor && { actor: shownActor(actor) }) });
  };
  let rechecked: Promise<void> = Promise.resolve();
  /** One after the other: two at once would make two actors, and the older could have the last word. */
  const recheckInTurn = (): Promise<void> =>
    (rechecked = rechecked.then(recheck).catch(connection.fail));

  const subscriber: Subscriber = {
    session,
    member,
    happened: (events) => {
      if (events.some(({ erased }) => erased)) {
        return connection.close(closeCodes.erased, 'document/erased');
      }
      if (events.some(changesRights)) void recheckInTurn();
      if (!asked.answers(events)) connection.sendBytes(eventsFrame(events));
    },
    told: (from, what) => {
      if (what.kind === 'left') connection.send({ t: 'left', session: from.session });
      else connection.glimpse({ t: what.kind, ...from, data: what.data });
    },
  };

  const live: LiveSession = {
    session,
    tenant,
    member,
    actor: () => actor?.id,
    recheck: recheckInTurn,
    replaced: () => connection.close(closeCodes.replaced, 'actor/replaced'),
    goAway: () => connection.close(closeCodes.goingAway, 'server/closing'),
  };

  const room = rooms.of(tenant, document);
  const leave = () => {
    sessions.remove(live);
    room.leave(subscriber);
    rooms.left(tenant, document);
  };
  try {
    if (room.size >= MOST_IN_ROOM) {
      throw new Closing(closeCodes.tooMany, 'live/too-many-connections');
    }
    const entered = await enter(ports, { room, subscriber }, { principal, document, hello });
    ({ rights, actor } = entered);
    // Others of this member may have come in meanwhile.
    mustHaveRoom();
    sessions.add(live);
    const { revision, snapshot, events } = entered;
    connection.send({
      t: 'welcome',
      session,
      member,
      revision,
      rights,
      ...(actor && { actor: shownActor(actor) }),
      ...(snapshot && { snapshot }),
      ...(events && { events }),
      others: room.othersThan(session).map(shownOther),
    });
    room.begin(session, revision);
  } catch (error) {
    leave();
    throw error;
  }

  const mayAsk = allowance(FRAMES, clock);
  const mayShow = allowance(GLIMPSES, clock);
  return {
    leave,
    take: (frame) => {
      if (frame.t === 'hello') return connection.close(closeCodes.badFrame, 'frame/unexpected');
      if (frame.t === 'presence' || frame.t === 'preview') {
        if (mayShow()) room.speak({ session, member }, { kind: frame.t, data: frame.data });
      } else if (mayAsk()) asked.ask(frame);
      else connection.close(closeCodes.tooMany, 'live/too-many-frames');
    },
  };
}

const changesRights = ({ type }: Happened) =>
  type === 'DocumentAccessChanged' || type === 'DocumentArchived' || type === 'DocumentUnarchived';

const shownActor = ({ id, token }: ActorOf) => ({
  id: Uint8Array.from(Buffer.from(id, 'hex')),
  ...(token !== undefined && { token }),
});

const shownOther = ({ session, member, presence }: Other) => ({
  session,
  member,
  ...(presence && { presence }),
});
