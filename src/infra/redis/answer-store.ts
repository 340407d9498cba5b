import type { AnswerStore } from '#commands/generation/answer-cache.ts';
import type { RedisConnection, Reply } from './connection.ts';
import { ifUnavailable } from './if-unavailable.ts';
import { answerKey } from './keys.ts';
import { scripts } from './scripts.ts';

/** Answers that all processes share. Without Redis nothing is found, and nothing is kept. */
export function redisAnswerStore({
  redis,
}: {
  readonly redis: Pick<RedisConnection, 'run'>;
}): AnswerStore {
  const orNothing = (reply: Promise<Reply>) => ifUnavailable(reply, (): Reply => []);
  return {
    get: async (tenant, name) => {
      const [found] = await orNothing(redis.run(scripts.answerGet, [answerKey(tenant, name)], []));
      return typeof found === 'string' ? found : undefined;
    },
    put: async (tenant, name, sealed, keepMs) => {
      await orNothing(redis.run(scripts.answerPut, [answerKey(tenant, name)], [sealed, keepMs]));
    },
  };
}
