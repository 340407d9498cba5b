import { laneName } from '#projections/ports.ts';
import { type LocalProgress, type Progress, wakers } from '#projections/progress.ts';
import type { FromProjector, ToProjector } from './messages.ts';

type Want = Extract<ToProjector, { type: 'want' }>;

/** The progress of lanes that are at work in another thread, as that thread tells of it. */
export type ToldProgress = Progress & {
  hear(lanes: ReadonlyMap<string, bigint | undefined>): void;
  /** The thread is a new one: it knows of no wish, and nobody knows how far its lanes are. */
  beginAnew(): void;
};

export function toldProgress(send: (message: ToProjector) => void): ToldProgress {
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
    hear: (lanes) => {
      for (const [lane, position] of lanes) {
        if (position === undefined) seen.delete(lane);
        else seen.set(lane, position);
      }
      moves.wakeAll();
    },
    beginAnew: () => {
      seen.clear();
      for (const want of wishes.values()) send(want);
    },
  };
}

/** Tells of every move, those of one turn of the event loop together: many lanes move at once. */
export function tellingProgress(
  progress: LocalProgress,
  send: (message: FromProjector) => void,
): LocalProgress {
  let news = new Map<string, bigint | undefined>();
  const tell = (lane: string, position: bigint | undefined) => {
    if (news.size === 0) {
      setImmediate(() => {
        send({ type: 'moved', lanes: news });
        news = new Map();
      });
    }
    news.set(lane, position);
  };
  return {
    ...progress,
    moved: (lane, to) => {
      progress.moved(lane, to);
      tell(laneName(lane), to.position);
    },
    left: (lane) => {
      progress.left(lane);
      tell(laneName(lane), undefined);
    },
  };
}
