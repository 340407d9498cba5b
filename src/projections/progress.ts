import { type Checkpoint, type Lane, laneName } from './ports.ts';

/**
 * How far the lanes of this process have come, without asking the database: everything of the
 * lane's business up to there is committed, though its checkpoint may follow a little later.
 */
export type LocalProgress = {
  moved(lane: Lane, seen: Checkpoint): void;
  left(lane: Lane): void;
  seen(lane: Lane): bigint | undefined;
  /** Resolves at the next move of any lane. */
  nextMove(): Promise<void>;
  /** Somebody waits for these views to hold everything up to there, until what this answers is called. */
  want(views: readonly string[], position: bigint): () => void;
  /** Whether anybody waits for the view to go beyond there. */
  isWanted(view: string, beyond: bigint): boolean;
  /** Resolves when the next one begins to wait. */
  nextWish(): Promise<void>;
};

export function localProgress(): LocalProgress {
  const seen = new Map<string, bigint>();
  const wishes = new Set<{ readonly views: readonly string[]; readonly position: bigint }>();
  let next = Promise.withResolvers<void>();
  let nextWish = Promise.withResolvers<void>();
  return {
    moved: (lane, { position }) => {
      seen.set(laneName(lane), position);
      next.resolve();
      next = Promise.withResolvers();
    },
    left: (lane) => seen.delete(laneName(lane)),
    seen: (lane) => seen.get(laneName(lane)),
    nextMove: () => next.promise,
    want: (views, position) => {
      const wish = { views, position };
      wishes.add(wish);
      nextWish.resolve();
      nextWish = Promise.withResolvers();
      return () => wishes.delete(wish);
    },
    isWanted: (view, beyond) =>
      [...wishes].some(({ views, position }) => position > beyond && views.includes(view)),
    nextWish: () => nextWish.promise,
  };
}
