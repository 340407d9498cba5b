import { LRUCache } from 'lru-cache';
import type { Clock } from '#commands/ports.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import { type Holding, LEASE_MS } from './reserve.ts';

const MOST = 10_000;

export type UnheardHolds = ReturnType<typeof unheardHolds>;

/**
 * Holds that the counters may have made although nobody heard of them, and those that the log may
 * not know. Whoever sends the same to this process again goes on with its hold: another holder would
 * be refused until the lease is over, and the place would become free when all others have been
 * refused.
 */
export function unheardHolds(clock: Pick<Clock, 'now'>) {
  const kept = new LRUCache<GenerationId, Holding>({ max: MOST });
  return {
    keep: (holding: Holding): void => void kept.set(holding.id, holding),
    take: (id: GenerationId): Holding | undefined => {
      const holding = kept.get(id);
      kept.delete(id);
      const isOver = holding !== undefined && clock.now().getTime() >= holding.askedAt + LEASE_MS;
      return isOver ? undefined : holding;
    },
  };
}
