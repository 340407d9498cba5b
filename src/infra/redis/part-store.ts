import type { PartStore } from '#commands/generation/part-port.ts';
import type { RedisConnection, Reply } from './connection.ts';
import { ifUnavailable } from './if-unavailable.ts';
import { awaitedKey, partsKey } from './keys.ts';
import { scripts } from './scripts.ts';

/** In one answer: more is asked for again. */
const MOST_PIECES = 50;

/** Parts that all processes find. Without Redis nothing is found, and nothing is kept. */
export function redisPartStore({
  redis,
}: {
  readonly redis: Pick<RedisConnection, 'run'>;
}): PartStore {
  const orNothing = (reply: Promise<Reply>) => ifUnavailable(reply, (): Reply => []);
  return {
    append: async (place, { from, to, sealed, isLast }, keepMs) => {
      const args = [from, to, sealed, isLast ? 1 : 0, keepMs];
      const [reached] = await orNothing(redis.run(scripts.partsAppend, [partsKey(place)], args));
      return reached === undefined ? undefined : Number(reached);
    },
    read: async (place, from, awaitMs) => {
      const keys = [partsKey(place), awaitedKey(place)];
      const args = [from, awaitMs, MOST_PIECES];
      const reply = await orNothing(redis.run(scripts.partsRead, keys, args));
      const [isOver, ...fields] = reply;
      if (isOver === undefined) return undefined;
      const pieces = [];
      for (let index = 0; index < fields.length; index += 2) {
        pieces.push({ to: Number(fields[index]), sealed: String(fields[index + 1]) });
      }
      return { pieces, isOver: isOver === 1 };
    },
    awaitedForMs: async (place) => {
      const [ms] = await orNothing(redis.run(scripts.partsAwaited, [awaitedKey(place)], []));
      return Math.max(0, Number(ms ?? 0));
    },
  };
}
