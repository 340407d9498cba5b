import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { scripts } from '#infra/redis/scripts.ts';
import { redisRelay } from './redis-relay.ts';

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
  const url = await redisRelay(t, port, ({ client, redis }) => {
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

  return {
    url,
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
