import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { lastFirst } from './process.ts';

export type RedisProxy = {
  readonly url: string;
  readonly faults: {
    /** So many of the next answers are cut off: the step ran, and nobody hears of it. */
    cutAnswers: number;
    /** So many pass before that. */
    passAnswers: number;
    /** Nothing passes any more in either direction, and nothing is closed. */
    frozen: boolean;
  };
};

/** A way to Redis that fails when it is told to. */
export async function redisProxy(t: TestContext, port: number): Promise<RedisProxy> {
  const faults = { cutAnswers: 0, passAnswers: 0, frozen: false };
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
    client.on('data', (chunk) => {
      if (!faults.frozen) redis.write(chunk);
    });
    redis.on('data', (chunk) => {
      if (faults.frozen) return;
      if (faults.cutAnswers === 0) client.write(chunk);
      else if (faults.passAnswers > 0) {
        faults.passAnswers -= 1;
        client.write(chunk);
      } else {
        faults.cutAnswers -= 1;
        close();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  lastFirst(t, async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return { url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`, faults };
}
