import type { Socket as TcpSocket } from 'node:net';
import type { Socket } from './connection.ts';

/** Beyond this a copy costs more than a second piece does. */
const MOST_COPIED = 16_384;
const FINAL_BINARY = 0x82;
const LENGTH_IN_TWO_BYTES = 126;

/**
 * Sends binary messages over a WebSocket without extensions, small ones as one piece: the library
 * hands header and message to the system apart, which takes three times as long.
 */
export function wholeFrames(
  socket: Pick<Socket, 'send'>,
  tcp: Pick<TcpSocket, 'write'>,
): (message: Uint8Array) => void {
  return (message) => {
    if (message.length > MOST_COPIED) socket.send(message);
    else tcp.write(frameOf(message));
  };
}

/** An unfragmented, unmasked frame (RFC 6455, 5.2) of a message of at most 65,535 bytes. */
function frameOf(message: Uint8Array): Buffer {
  const isShort = message.length < LENGTH_IN_TWO_BYTES;
  const frame = Buffer.allocUnsafe(message.length + (isShort ? 2 : 4));
  frame[0] = FINAL_BINARY;
  frame[1] = isShort ? message.length : LENGTH_IN_TWO_BYTES;
  if (!isShort) frame.writeUInt16BE(message.length, 2);
  frame.set(message, frame.length - message.length);
  return frame;
}
