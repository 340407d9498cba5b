import type { FastifyBaseLogger } from 'fastify';
import { closeCodes } from '#client/protocol.ts';
import { LogUnavailable } from '#commands/ports.ts';
import type { DocumentId } from '#domain/ids.ts';
import { Rejected, type RejectionCode } from '#domain/rejected.ts';
import { KeysUnavailable } from '#infra/oidc/keys-unavailable.ts';
import { type Connection, type Socket, liveConnection } from './connection.ts';
import { frameFrom } from './frames.ts';
import { Closing } from './greeting.ts';
import { type Session, type SessionPorts, beginSession } from './session.ts';

export type ServedSocket = Socket & {
  readonly on: {
    (event: 'message', heard: (data: Uint8Array, isBinary: boolean) => void): void;
    (event: 'close' | 'error' | 'pong', heard: () => void): void;
  };
  readonly ping: () => void;
};

const HELLO_MS = 10_000;
/** A peer that answered no ping for two of these is gone. */
const PING_MS = 30_000;

/** One WebSocket, from the first frame to the last. */
export function serveSocket(
  ports: SessionPorts & {
    readonly logger: FastifyBaseLogger;
    /** Counts a credential that opened nothing; `false` where there were too many. */
    readonly mayFail: () => Promise<boolean>;
  },
  socket: ServedSocket,
  document: DocumentId,
): void {
  const connection = liveConnection(socket, ports.metrics, ports.logger);
  const over = new AbortController();
  let session: Session | undefined;
  let isGreeting = false;

  const greet = async (bytes: Uint8Array): Promise<void> => {
    isGreeting = true;
    const frame = frameFrom(bytes);
    if (frame?.t !== 'hello') return connection.close(closeCodes.badFrame, 'frame/no-hello');
    try {
      session = await beginSession(ports, document, frame, connection);
      if (over.signal.aborted) session.leave();
    } catch (error) {
      if (isCredential(error) && !(await ports.mayFail())) {
        return connection.close(closeCodes.tooMany, 'auth/too-many-failures');
      }
      endWith(connection, error);
    }
  };

  socket.on('message', (data, isBinary) => {
    if (!isBinary) return connection.close(closeCodes.badFrame, 'frame/not-binary');
    if (!isGreeting) return void greet(data);
    const frame = frameFrom(data);
    if (frame === undefined) return connection.close(closeCodes.badFrame, 'frame/malformed');
    // Nobody may speak before the welcome.
    if (session === undefined) return connection.close(closeCodes.badFrame, 'frame/too-early');
    try {
      session.take(frame);
    } catch (error) {
      // Thrown from a socket it would end the process, and everybody else's connections.
      connection.fail(error);
    }
  });
  socket.on('close', () => {
    over.abort();
    session?.leave();
  });
  // Every error is followed by the close.
  socket.on('error', () => undefined);

  watch(ports, socket, connection, over.signal, () => isGreeting);
}

/** Ends what does not begin, and what no longer answers. */
function watch(
  { clock }: Pick<SessionPorts, 'clock'>,
  socket: ServedSocket,
  connection: Connection,
  signal: AbortSignal,
  hasBegun: () => boolean,
): void {
  let unanswered = 0;
  socket.on('pong', () => (unanswered = 0));
  const run = async () => {
    await clock.sleep(HELLO_MS, signal);
    if (!hasBegun()) connection.close(closeCodes.tooSlow, 'live/no-hello');
    while (!signal.aborted) {
      if (unanswered >= 2) return socket.terminate();
      unanswered += 1;
      if (connection.isOpen()) socket.ping();
      await clock.sleep(PING_MS, signal);
    }
  };
  run().catch(connection.fail);
}

const isCredential = (error: unknown): boolean =>
  error instanceof Closing && error.code === closeCodes.unauthenticated;

function endWith(connection: Connection, error: unknown): void {
  if (error instanceof Closing) connection.close(error.code, error.message);
  else if (error instanceof Rejected) connection.close(codeFor(error.code), error.code);
  else if (error instanceof LogUnavailable || error instanceof KeysUnavailable) {
    connection.close(closeCodes.tryAgainLater, 'log/unavailable');
  } else connection.fail(error);
}

function codeFor(code: RejectionCode): number {
  if (code === 'document/not-found') return closeCodes.notFound;
  if (code === 'document/erased') return closeCodes.erased;
  if (code === 'actor/quarantined') return closeCodes.quarantined;
  return closeCodes.forbidden;
}
