import type { SectionId } from '#domain/ids.ts';
import type { Content } from './content.ts';
import { type Heads, type Replica, headsOf, sameHeads } from './replica.ts';
import type { PastCut } from './state.ts';

/**
 * Where the characters `from..to` of an older text are now: in `section`, beginning at `at`. A run
 * that was deleted meanwhile still has its place, between what was left and right of it.
 */
export type Run = {
  readonly from: number;
  readonly to: number;
  readonly section: SectionId;
  readonly at: number;
  readonly alive: boolean;
};

/** Follows one section's text from a revision to the newest, element by element and across cuts. */
export type Alignment = (section: SectionId, length: number) => readonly Run[];

/** The text is where it was. */
export const unmoved: Alignment = (section, length) => [
  { from: 0, to: length, section, at: 0, alive: true },
];

/**
 * A comparison of two texts could not tell which `a` of `aa` is new. Automerge's own diff can: it
 * follows elements, and tells them in document order, so that also the deleted ones keep a place.
 */
export function alignmentSince(
  base: { readonly revision: number; readonly heads: Heads },
  { replica, sections }: Content,
  cuts: readonly PastCut[],
): Alignment {
  const newest = headsOf(replica);
  if (sameHeads(base.heads, newest)) return unmoved;
  const objects = new Map(sections.map(({ id, object }) => [id, object]));
  const follow = (runs: readonly Run[], before: Heads, after: Heads): readonly Run[] =>
    sameHeads(before, after)
      ? runs
      : bySection(runs, (section, its) => {
          const object = objects.get(section);
          return object === undefined ? its : patched(its, replica, object, before, after);
        });

  return (section, length) => {
    let runs = unmoved(section, length);
    let heads = base.heads;
    for (const cut of cuts) {
      if (cut.revision <= base.revision) continue;
      // The cuts of one change share its heads: there is nothing to follow between them.
      if (!sameHeads(heads, cut.after)) runs = follow(runs, heads, cut.before);
      runs = runs.flatMap((run) => acrossCut(run, cut));
      heads = cut.after;
    }
    return follow(runs, heads, newest);
  };
}

function bySection(
  runs: readonly Run[],
  change: (section: SectionId, runs: readonly Run[]) => readonly Run[],
): readonly Run[] {
  const sections = new Set(runs.map(({ section }) => section));
  const changed = new Map(
    [...sections].map((id) => [
      id,
      change(
        id,
        runs.filter(({ section }) => section === id),
      ),
    ]),
  );
  return [...changed.values()].flat().sort((one, other) => one.from - other.from);
}

function patched(
  runs: readonly Run[],
  replica: Replica,
  object: string,
  before: Heads,
  after: Heads,
): readonly Run[] {
  let moved = runs;
  // Who inserts beside what was deleted before inserts to the left of it.
  const gone = new Set(runs.filter(({ alive }) => !alive).map(({ from }) => from));
  for (const patch of replica.diffPath(object, [...before], [...after])) {
    const at = Number(patch.path.at(-1));
    if (patch.action === 'splice') moved = afterInsertion(moved, at, patch.value.length, gone);
    else if (patch.action === 'del') moved = afterDeletion(moved, at, patch.length ?? 1);
  }
  return moved;
}

function afterInsertion(
  runs: readonly Run[],
  at: number,
  length: number,
  gone: ReadonlySet<number>,
): readonly Run[] {
  return runs.flatMap((run) => {
    const isLeft = run.at < at || (run.at === at && !gone.has(run.from));
    if (!run.alive) return [isLeft ? run : shifted(run, length)];
    const [left, right] = parted(run, at);
    return [...left, ...right.map((part) => shifted(part, length))];
  });
}

function afterDeletion(runs: readonly Run[], at: number, length: number): readonly Run[] {
  return runs.flatMap((run) => {
    if (!run.alive) return [shifted(run, gapAfterDeletion(run.at, at, length) - run.at)];
    const [left, rest] = parted(run, at);
    return left.concat(
      rest.flatMap((part) => {
        const [gone, right] = parted(part, at + length);
        const dead = gone.map(({ from, to, section }) => ({ from, to, section, at, alive: false }));
        return dead.concat(right.map((run) => shifted(run, -length)));
      }),
    );
  });
}

const gapAfterDeletion = (gap: number, at: number, length: number): number =>
  gap <= at ? gap : Math.max(at, gap - length);

const shifted = (run: Run, by: number): Run => ({ ...run, at: run.at + by });

/** The parts of a living run to the left and to the right of position `at`. */
function parted(run: Run, at: number): readonly [readonly Run[], readonly Run[]] {
  const length = run.to - run.from;
  if (at <= run.at) return [[], [run]];
  if (at >= run.at + length) return [[run], []];
  const middle = run.from + at - run.at;
  return [[{ ...run, to: middle }], [{ ...run, from: middle, at }]];
}

function acrossCut(run: Run, cut: PastCut): readonly Run[] {
  if (run.section !== cut.from) return [run];
  const moved = (part: Run): Run => ({ ...part, section: cut.to, at: part.at - cut.at });
  // A deleted run on the very edge stays on the left, where an insertion there would stay too.
  if (!run.alive) return [run.at > cut.at ? moved(run) : run];
  const [left, right] = parted(run, cut.at);
  return [...left, ...right.map(moved)];
}
