import type { TestContext } from 'node:test';
import { redisRelay } from './relay.ts';

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
  const url = await redisRelay(t, port, ({ client, server, close }) => {
    client.on('data', (chunk) => {
      if (!faults.frozen) server.write(chunk);
    });
    server.on('data', (chunk) => {
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
  return { url, faults };
}
