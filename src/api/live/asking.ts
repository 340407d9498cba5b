import type { Happened } from '#commands/rooms/room.ts';
import { CommandContended, LogUnavailable } from '#commands/ports.ts';
import { closeCodes } from '#client/protocol.ts';
import { Rejected } from '#domain/rejected.ts';
import type { Connection } from './connection.ts';
import { eventsFrame } from './frames.ts';
import type { LiveDeps } from './live-deps.ts';
import {
  type Asked,
  type SubmittingPorts,
  bytesIn,
  isHostile,
  nextOf,
  setAside,
  submit,
} from './submitting.ts';

/** What a client may have sent that is not durable yet; beyond it, its bytes wait in the network. */
const MOST_WAITING = 200;
const MOST_WAITING_BYTES = 4_000_000;

type Ports = Pick<LiveDeps, 'actors' | 'documents' | 'history' | 'inspect' | 'ids' | 'metrics'>;

/**
 * What one connection asks for, one after the other, and the answers. A change is acknowledged when
 * its event is told, in the order of all other events: so a client's revision never runs ahead.
 */
export function asking(
  ports: Ports,
  connection: Connection,
  who: Pick<SubmittingPorts, 'document' | 'principal' | 'actor'>,
) {
  const waiting: Asked[] = [];
  let waitingBytes = 0;
  let isRunning = false;
  /** The command that is under way, and which of its requests are not answered yet. */
  let doing: { commandId: string; unanswered: readonly Asked[] } = {
    commandId: '',
    unanswered: [],
  };

  const runOne = async (): Promise<void> => {
    const asked = nextOf(waiting);
    doing = { commandId: '', unanswered: asked };
    const kind = asked[0]?.t ?? 'changes';
    try {
      const onDoing = (commandId: string) => (doing = { ...doing, commandId });
      const revision = await submit({ ...ports, ...who }, asked, onDoing);
      for (const { n } of doing.unanswered) connection.send({ t: 'ack', n, revision, known: true });
      ports.metrics.commands.inc({ kind, outcome: 'done' });
    } catch (error) {
      ports.metrics.commands.inc({ kind, outcome: outcomeOf(error) });
      await refuse(asked, error);
    } finally {
      doing = { commandId: '', unanswered: [] };
      waitingBytes -= asked.reduce((sum, one) => sum + bytesIn(one), 0);
    }
  };

  const run = async () => {
    if (isRunning) return;
    isRunning = true;
    while (waiting.length > 0 && connection.isOpen()) {
      await runOne();
      if (waiting.length < MOST_WAITING / 2) connection.resume();
    }
    isRunning = false;
  };

  const refuse = async (asked: readonly Asked[], error: unknown): Promise<void> => {
    const reason = isHostile(error);
    if (reason !== undefined) return await quarantine(reason, asked);
    if (error instanceof CommandContended || error instanceof LogUnavailable) {
      return connection.close(closeCodes.tryAgainLater, 'log/unavailable');
    }
    if (!(error instanceof Rejected)) return connection.fail(error);
    for (const { n } of asked) {
      connection.send({ t: 'refused', n, code: error.code, detail: error.message });
    }
  };

  const quarantine = async (reason: string, asked: readonly Asked[]): Promise<void> => {
    const changes = asked.flatMap((one) => (one.t === 'changes' ? one.changes : []));
    const [actor, principal] = [who.actor(), who.principal()];
    if (actor !== undefined) {
      await setAside(ports, { actor, principal }, reason, changes).catch(connection.fail);
    }
    connection.close(closeCodes.quarantined, reason);
  };

  return {
    ask: (asked: Asked): void => {
      waiting.push(asked);
      waitingBytes += bytesIn(asked);
      if (waiting.length >= MOST_WAITING || waitingBytes > MOST_WAITING_BYTES) connection.pause();
      run().catch(connection.fail);
    },

    /** Whether these events are what this client sent, so that it need not be sent back. */
    answers: (events: readonly Happened[]): boolean => {
      const [event] = events;
      if (event?.header.commandId !== doing.commandId || event.erased) return false;
      if (event.type !== 'ChangesApplied' || event.data.live !== true) return false;
      const { revision } = events.at(-1)!.header;
      // What the server wrote behind it is there before the change counts as taken.
      if (events.length > 1) connection.sendBytes(eventsFrame(events.slice(1)));
      for (const { n } of doing.unanswered) connection.send({ t: 'ack', n, revision });
      doing = { ...doing, unanswered: [] };
      return true;
    },
  };
}

function outcomeOf(error: unknown): 'refused' | 'failed' {
  return error instanceof Rejected || isHostile(error) !== undefined ? 'refused' : 'failed';
}
