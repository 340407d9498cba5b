import type { PartStore } from '#commands/generation/kept-parts.ts';
import type { RedisConnection } from './connection.ts';
import { awaitedKey, partsKey } from './keys.ts';
import { scripts } from './scripts.ts';

/** In one answer: more is asked for again. */
const MOST_PIECES = 50;

/** Parts that all processes find. Throws `AdmissionUnavailable` where there is no Redis. */
export function redisPartStore({
  redis,
}: {
  readonly redis: Pick<RedisConnection, 'run'>;
}): PartStore {
  return {
    append: async (place, { from, to, sealed, isLast }, keepMs) => {
      const args = [from, to, sealed, isLast ? 1 : 0, keepMs];
      const [reached] = await redis.run(scripts.partsAppend, [partsKey(place)], args);
      return Number(reached);
    },
    read: async (place, from, awaitMs) => {
      const keys = [partsKey(place), awaitedKey(place)];
      const reply = await redis.run(scripts.partsRead, keys, [from, awaitMs, MOST_PIECES]);
      const [isOver, ...fields] = reply;
      if (isOver === undefined) return undefined;
      const pieces = [];
      for (let index = 0; index < fields.length; index += 2) {
        pieces.push({ to: Number(fields[index]), sealed: String(fields[index + 1]) });
      }
      return { pieces, isOver: isOver === 1 };
    },
    awaitedForMs: async (place) => {
      const [ms] = await redis.run(scripts.partsAwaited, [awaitedKey(place)], []);
      return Math.max(0, Number(ms));
    },
  };
}
