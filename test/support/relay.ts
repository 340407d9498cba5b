import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { lastFirst } from './process.ts';

/** Both ends of one connection. */
export type Ends = { readonly client: Socket; readonly server: Socket; readonly close: () => void };

/** A way to a server on which `join` says what passes from one end to the other. Answers its port. */
export async function relay(
  t: TestContext,
  reach: () => Socket,
  join: (ends: Ends) => void,
): Promise<number> {
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    const server = reach();
    join({ client, server, close: closingTogether(sockets, [client, server]) });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  lastFirst(t, async () => {
    const closed = new Promise((resolve) => listener.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return (listener.address() as AddressInfo).port;
}

/** Both are among the open sockets until one of them closes. Answers what closes them. */
export function closingTogether(open: Set<Socket>, both: readonly [Socket, Socket]): () => void {
  const close = () => {
    for (const socket of both) socket.destroy();
  };
  for (const socket of both) {
    open.add(socket);
    socket.on('error', close).on('close', () => {
      open.delete(socket);
      close();
    });
  }
  return close;
}

/** The same to a Redis. Answers its URL. */
export async function redisRelay(
  t: TestContext,
  port: number,
  join: (ends: Ends) => void,
): Promise<string> {
  return `redis://127.0.0.1:${await relay(t, () => connect(port, '127.0.0.1'), join)}`;
}
