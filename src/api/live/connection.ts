import type { FastifyBaseLogger } from 'fastify';
import { type ServerFrame, closeCodes } from '#client/protocol.ts';
import { frameBytes } from './frames.ts';
import type { LiveMetrics } from './metrics.ts';

/** What the library's socket can do, as much of it as is used. */
export type Socket = {
  readonly readyState: number;
  readonly bufferedAmount: number;
  readonly send: (bytes: Uint8Array) => void;
  readonly close: (code: number, reason: string) => void;
  readonly terminate: () => void;
  readonly pause: () => void;
  readonly resume: () => void;
};

/** A client that reads so slowly loses what is shown and forgotten, then the connection. */
const MOST_BUFFERED_GLIMPSES = 256_000;
const MOST_BUFFERED = 8_000_000;
const OPEN = 1;
/** A peer that does not answer the closing is gone. */
const CLOSING_MS = 5_000;

export function endSocket(socket: Socket, code: number, reason: string): void {
  socket.close(code, reason);
  // What it did not read would otherwise be kept for it.
  setTimeout(() => socket.terminate(), CLOSING_MS).unref();
}

export type Connection = ReturnType<typeof liveConnection>;

/** The way out to one client. Nothing waits for it: who cannot follow is sent away, to catch up. */
export function liveConnection(socket: Socket, metrics: LiveMetrics, logger: FastifyBaseLogger) {
  const isOpen = () => socket.readyState === OPEN;

  const close = (code: number, reason: string): void => {
    if (!isOpen()) return;
    metrics.closed.inc({ code });
    endSocket(socket, code, reason);
  };

  const sendBytes = (bytes: Uint8Array): void => {
    if (!isOpen()) return;
    if (socket.bufferedAmount > MOST_BUFFERED) close(closeCodes.tooSlow, 'live/too-slow');
    else socket.send(bytes);
  };

  return {
    isOpen,
    close,
    sendBytes,
    send: (frame: ServerFrame) => sendBytes(frameBytes(frame)),
    /** Shown now or never. */
    glimpse: (frame: ServerFrame) => {
      if (socket.bufferedAmount < MOST_BUFFERED_GLIMPSES) sendBytes(frameBytes(frame));
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    /** Something that nobody foresaw. */
    fail: (error: unknown) => {
      logger.error({ err: error }, 'a live connection failed');
      close(closeCodes.tryAgainLater, 'server/failed');
    },
  };
}
