import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import type { TestContext } from 'node:test';
import type { scripts } from '#infra/redis/scripts.ts';
import { lastFirst } from './process.ts';

type Step = (typeof scripts)[keyof typeof scripts];

export type RedisGate = {
  readonly url: string;
  /** Shuts before this step is asked for, or before its "held" is heard; resolves when it is shut. */
  shutAt(step: Step, when: 'asked' | 'held'): Promise<void>;
  /** What waited goes on in its order. */
  open(): void;
};

/** A way to Redis on which one process can be made to stay at a step of its path. */
export async function redisGate(t: TestContext, port: number): Promise<RedisGate> {
  const sockets = new Set<Socket>();
  let waiting: (() => void)[] = [];
  let isShut = false;
  let awaited: { sha: string; when: 'asked' | 'held'; isAsked: boolean } | undefined;
  let reached: () => void = () => undefined;

  const shut = () => {
    isShut = true;
    awaited = undefined;
    reached();
  };
  const pass = (socket: Socket, chunk: Buffer) => {
    if (isShut) waiting.push(() => pass(socket, chunk));
    else if (!socket.destroyed) socket.write(chunk);
  };
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
      if (awaited !== undefined && chunk.includes(awaited.sha)) {
        if (awaited.when === 'asked') shut();
        else awaited.isAsked = true;
      }
      pass(redis, chunk);
    });
    redis.on('data', (chunk) => {
      if (awaited?.isAsked === true && chunk.includes('held')) shut();
      pass(client, chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  lastFirst(t, async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  });

  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shutAt: async ({ sha }, when) => {
      awaited = { sha, when, isAsked: false };
      await new Promise<void>((resolve) => (reached = resolve));
    },
    open: () => {
      isShut = false;
      awaited = undefined;
      const all = waiting;
      waiting = [];
      for (const one of all) one();
    },
  };
}
