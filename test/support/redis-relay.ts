import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { lastFirst } from './process.ts';

/** Both ends of one connection. */
export type Ends = { readonly client: Socket; readonly redis: Socket; readonly close: () => void };

/** A way to Redis on which `join` says what passes from one end to the other. Answers its URL. */
export async function redisRelay(
  t: TestContext,
  port: number,
  join: (ends: Ends) => void,
): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const redis = connect(port, '127.0.0.1');
    const close = () => {
      client.destroy();
      redis.destroy();
    };
    for (const socket of [client, redis]) {
      sockets.add(socket);
      socket.on('error', close).on('close', () => {
        sockets.delete(socket);
        close();
      });
    }
    join({ client, redis, close });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  lastFirst(t, async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
