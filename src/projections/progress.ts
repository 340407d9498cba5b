import { type Checkpoint, type Lane, laneName } from './ports.ts';

/**
 * How far the lanes of this process have come, without asking the database: everything of the
 * lane's business up to there is committed, though its checkpoint may follow a little later.
 */
export type Progress = {
  seen(lane: Lane): bigint | undefined;
  /**
   * Calls `wake` at every move of a lane, until what this answers is called: a promise would keep
   * something of everybody who ever waited for it, and where no lane is of this process it stays.
   */
  onMove(wake: () => void): () => void;
  /** Somebody waits for these views to hold everything up to there, until what this answers is called. */
  want(views: readonly string[], position: bigint): () => void;
};

/** The same where the lanes are at work. */
export type LocalProgress = Progress & {
  moved(lane: Lane, seen: Checkpoint): void;
  left(lane: Lane): void;
  /** Whether anybody waits for the view to go beyond there. */
  isWanted(view: string, beyond: bigint): boolean;
  /** Calls `wake` whenever one begins to wait, until what this answers is called. */
  onWish(wake: () => void): () => void;
};

export function localProgress(): LocalProgress {
  const seen = new Map<string, bigint>();
  const wishes = new Set<{ readonly views: readonly string[]; readonly position: bigint }>();
  const [moves, beginnings] = [wakers(), wakers()];
  return {
    moved: (lane, { position }) => {
      seen.set(laneName(lane), position);
      moves.wakeAll();
    },
    left: (lane) => seen.delete(laneName(lane)),
    seen: (lane) => seen.get(laneName(lane)),
    onMove: moves.add,
    want: (views, position) => {
      const wish = { views, position };
      wishes.add(wish);
      beginnings.wakeAll();
      return () => wishes.delete(wish);
    },
    // Asked for every event by every lane: without a copy.
    isWanted: (view, beyond) => {
      for (const { views, position } of wishes) {
        if (position > beyond && views.includes(view)) return true;
      }
      return false;
    },
    onWish: beginnings.add,
  };
}

/** Callbacks that are called together, each until it leaves. */
export function wakers() {
  const waiting = new Set<() => void>();
  return {
    add: (wake: () => void) => {
      waiting.add(wake);
      return () => void waiting.delete(wake);
    },
    wakeAll: () => {
      for (const wake of waiting) wake();
    },
  };
}
