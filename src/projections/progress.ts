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
};

export function localProgress(): LocalProgress {
  const seen = new Map<string, bigint>();
  let next = Promise.withResolvers<void>();
  return {
    moved: (lane, { position }) => {
      seen.set(laneName(lane), position);
      next.resolve();
      next = Promise.withResolvers();
    },
    left: (lane) => seen.delete(laneName(lane)),
    seen: (lane) => seen.get(laneName(lane)),
    nextMove: () => next.promise,
  };
}
