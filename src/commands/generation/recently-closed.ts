import { LRUCache } from 'lru-cache';
import type { Clock } from '#commands/ports.ts';
import type { Breakers, ModelAt } from './breaker-port.ts';

const MOST_KNOWN = 1_000;
const FOR_MS = 1_000;

/**
 * A breaker that was closed a moment ago is not looked at again before the plan: whoever calls has
 * to acquire its permit all the same, and that is where one that has opened meanwhile says no.
 */
export function recentlyClosed(breakers: Breakers, clock: Pick<Clock, 'now'>): Breakers {
  const closedAt = new LRUCache<string, number>({ max: MOST_KNOWN });
  const nameOf = ({ provider, model }: ModelAt) => `${provider}/${model}`;
  const now = () => clock.now().getTime();
  return {
    standing: async (at) => {
      const age = now() - (closedAt.get(nameOf(at)) ?? -Infinity);
      if (age >= 0 && age < FOR_MS) return { status: 'closed', waitMs: 0 };
      const standing = await breakers.standing(at);
      if (standing.status === 'closed') closedAt.set(nameOf(at), now());
      return standing;
    },
    acquire: async (at) => {
      const permit = await breakers.acquire(at);
      if (permit === undefined) closedAt.delete(nameOf(at));
      return permit;
    },
    record: async (at, permit, health) => {
      const status = await breakers.record(at, permit, health);
      if (status !== 'closed') closedAt.delete(nameOf(at));
      return status;
    },
  };
}
