import { LRUCache } from 'lru-cache';
import type { AnswerStore } from '#commands/generation/answer-cache.ts';
import type { Clock } from '#commands/ports.ts';

const MOST_CHARACTERS = 32 * 1024 * 1024;

/** Answers of this one process, the ones asked for least recently forgotten first. */
export function memoryAnswerStore({ clock }: { readonly clock: Pick<Clock, 'now'> }): AnswerStore {
  const now = () => clock.now().getTime();
  const kept = new LRUCache<string, { readonly sealed: string; readonly until: number }>({
    maxSize: MOST_CHARACTERS,
    maxEntrySize: MOST_CHARACTERS / 32,
    sizeCalculation: ({ sealed }) => Math.max(1, sealed.length),
  });
  return {
    get: async (tenant, name) => {
      const found = kept.get(`${tenant} ${name}`);
      return found !== undefined && found.until > now() ? found.sealed : undefined;
    },
    put: async (tenant, name, sealed, keepMs) => {
      kept.set(`${tenant} ${name}`, { sealed, until: now() + keepMs });
    },
  };
}
