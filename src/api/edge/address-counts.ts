import type { Clock } from '#commands/ports.ts';
import { type CountAddress, memoryAddressCounts } from '#infra/memory/address-counts.ts';
import { redisAddressCounts } from '#infra/redis/address-counts.ts';
import { redisConnection } from '#infra/redis/connection.ts';

/** Nobody waits longer than this for a count at the edge. */
const ANSWER_WITHIN_MS = 250;

/** Counted for all processes in Redis, where there is one; else by each for itself. */
export function addressCounts(ports: {
  readonly redisUrl: string | undefined;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
}): { readonly count: CountAddress; readonly close: () => Promise<void> } {
  const { redisUrl, clock, warn } = ports;
  const here = memoryAddressCounts(clock);
  if (redisUrl === undefined) return { count: here, close: async () => {} };
  const redis = redisConnection({
    url: redisUrl,
    clock,
    answerWithinMs: ANSWER_WITHIN_MS,
    patienceMs: 0,
    report: warn,
  });
  return {
    count: redisAddressCounts(redis, here),
    close: async () => await redis.close(),
  };
}
