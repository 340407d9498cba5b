import type { Written } from '#domain/document/change-writer.ts';
import type { Merged } from '#domain/document/events.ts';
import type { Hand } from '#domain/document/undo/ledger.ts';
import type { OwnChange } from './own-changes.ts';

type Run = Merged['runs'][number];
type Writer = Omit<Run, 'count'>;

/** Says that what was written since is the server's, and what it does. */
export type Claim = (written: readonly Written[], as: (change: Written) => Run['as']) => void;

/** Whose the changes of a merge are: of the branch's authors, or the server's own. */
export function writersOf(fresh: readonly OwnChange[], server: Hand) {
  const carried = new Set(fresh.map(({ bytes }) => bytes));
  const writers = new Map<Uint8Array, Writer>(fresh.map((change) => [change.bytes, change]));
  const claim: Claim = (written, as) => {
    for (const change of written) {
      if (!writers.has(change.bytes)) writers.set(change.bytes, { ...server, as: as(change) });
    }
  };
  return {
    claim,
    of: (written: readonly Written[]): Pick<Merged, 'carried' | 'runs'> => ({
      carried: written.filter(({ bytes }) => carried.has(bytes)).length,
      runs: runsOf(written.map(({ bytes }) => writers.get(bytes) ?? { ...server, as: 'edit' })),
    }),
  };
}

export function runsOf(writers: readonly Writer[]): Run[] {
  const runs: Run[] = [];
  for (const { author, origin, as } of writers) {
    const last = runs.at(-1);
    if (last?.author === author && last.origin === origin && last.as === as) last.count++;
    else runs.push({ count: 1, author, origin, as });
  }
  return runs;
}
