import { laneName } from '#projections/ports.ts';
import { type Progress, wakers } from '#projections/progress.ts';
import type { ToProjector } from './messages.ts';

type Want = Extract<ToProjector, { type: 'want' }>;

/** The progress of lanes that are at work in another thread, as that thread tells of it. */
export type ProgressElsewhere = Progress & {
  take(lanes: ReadonlyMap<string, bigint | undefined>): void;
  /** The thread is a new one: it knows of no wish, and nobody knows how far its lanes are. */
  threadStarted(): void;
};

export function progressElsewhere(send: (message: ToProjector) => void): ProgressElsewhere {
  const seen = new Map<string, bigint>();
  const wishes = new Map<number, Want>();
  const moves = wakers();
  let count = 0;
  return {
    seen: (lane) => seen.get(laneName(lane)),
    onMove: moves.add,
    want: (views, position) => {
      const want: Want = { type: 'want', wish: count++, views, position };
      wishes.set(want.wish, want);
      send(want);
      return () => {
        if (wishes.delete(want.wish)) send({ type: 'want no more', wish: want.wish });
      };
    },
    take: (lanes) => {
      for (const [lane, position] of lanes) {
        if (position === undefined) seen.delete(lane);
        else seen.set(lane, position);
      }
      moves.wakeAll();
    },
    threadStarted: () => {
      seen.clear();
      for (const want of wishes.values()) send(want);
    },
  };
}
