import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { WebSocket } from 'ws';
import type { Connection } from './live-system.ts';

export type RawSocket = Connection & { send(bytes: Uint8Array): void };

/** A WebSocket that counts what goes over its wire. Nobody closes it but this end. */
export async function rawSocket(
  url: string,
  receive: (message: Uint8Array) => void,
): Promise<RawSocket> {
  let tcp: Socket | undefined;
  const socket = new WebSocket(url, {
    createConnection: () => (tcp = connect(Number(new URL(url).port), '127.0.0.1').setNoDelay()),
  });
  let open = true;
  socket.on('message', (data) => receive(data as Buffer));
  socket.on('close', (code, reason) => {
    if (open)
      throw new Error(`A server under test closed a connection: ${code} ${String(reason)}.`);
  });
  await once(socket, 'open');
  return {
    send: (bytes) => socket.send(bytes),
    bytes: () => tcp!.bytesRead + tcp!.bytesWritten,
    close: async () => {
      open = false;
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}
