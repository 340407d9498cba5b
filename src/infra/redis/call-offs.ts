import { Redis } from 'ioredis';
import { GenerationId } from '#domain/generation/ids.ts';
import type { RedisConnection } from './connection.ts';
import { CALL_OFFS } from './keys.ts';
import { scripts } from './scripts.ts';

export type CallOffs = {
  readonly tell: (id: GenerationId) => Promise<void>;
  readonly close: () => void;
};

/** What processes tell each other to call off. Nobody keeps it: who was not there is told again. */
export function redisCallOffs(
  redis: Pick<RedisConnection, 'run'>,
  {
    url,
    heard,
    report,
  }: {
    readonly url: string;
    readonly heard: (id: GenerationId) => void;
    readonly report: (message: string) => void;
  },
): CallOffs {
  // A connection that listens can do nothing else.
  const listening = new Redis(url, { protocol: 2, maxRetriesPerRequest: null });
  listening.on('error', (error: Error & { readonly code?: string }) =>
    report(`Redis: ${error.code ?? error.name}`),
  );
  listening.on('message', (_, text: string) => {
    const id = GenerationId.safeParse(text).data;
    if (id !== undefined) heard(id);
  });
  listening.subscribe(CALL_OFFS).catch(() => undefined);
  return {
    tell: async (id) => {
      await redis.run(scripts.callOff, [], [CALL_OFFS, id]);
    },
    close: () => listening.disconnect(),
  };
}
