import type { SectionId } from '#domain/ids.ts';
import type { Alignment, Run } from './alignment.ts';
import type { Part } from './draft.ts';
import type { Fresh, Piece } from './pieces.ts';

/** What happens to the text of one section as it is now. Positions are those before all of it. */
export type TextPlan = {
  /** From left to right; several at one place come out in this order. */
  readonly insertions: { readonly at: number; readonly text: string }[];
  readonly removals: { readonly at: number; readonly count: number }[];
  /** Positions are those after insertions and removals; from left to right. */
  readonly cuts: PlannedCut[];
};
export type PlannedCut = {
  readonly at: number;
  readonly to: SectionId;
  readonly filling: readonly Fresh[];
};

/** Carries a draft's edits from the text they were made in to the sections as they are now. */
export function planText(
  parts: readonly Part[],
  alignment: Alignment,
): ReadonlyMap<SectionId, TextPlan> {
  const plans = new Map<SectionId, TextPlan>();
  for (const { id, source, was } of parts) {
    if (was !== undefined && isEdited(source.pieces))
      planSource(id, source.pieces, alignment, plans);
  }
  return plans;
}

const isEdited = (pieces: readonly Piece[]): boolean => pieces.some(({ kind }) => kind !== 'kept');

function planSource(
  id: SectionId,
  pieces: readonly Piece[],
  alignment: Alignment,
  plans: Map<SectionId, TextPlan>,
): void {
  const length = pieces.reduce((most, piece) => ('from' in piece ? piece.to : most), 0);
  const runs = alignment(id, length);
  // Typed text stands behind the character it was typed behind, wherever that is now.
  let place = { section: id, at: 0 };
  for (const piece of pieces) {
    const plan = planOf(plans, place.section);
    if (piece.kind === 'typed') plan.insertions.push({ at: place.at, text: piece.text });
    else if (piece.kind === 'cut') {
      plan.cuts.push({ at: settled(place.at, plan), to: piece.to, filling: piece.filling });
    } else {
      const within = runs.flatMap((run) => clipped(run, piece));
      if (piece.kind === 'dropped') {
        for (const run of within.filter(({ alive }) => alive)) {
          planOf(plans, run.section).removals.push({ at: run.at, count: run.to - run.from });
        }
      }
      const last = within.at(-1);
      if (last) place = { section: last.section, at: endOf(last) };
    }
  }
}

function planOf(plans: Map<SectionId, TextPlan>, section: SectionId): TextPlan {
  const plan = plans.get(section) ?? { insertions: [], removals: [], cuts: [] };
  plans.set(section, plan);
  return plan;
}

function clipped(run: Run, piece: { readonly from: number; readonly to: number }): readonly Run[] {
  const from = Math.max(run.from, piece.from);
  const to = Math.min(run.to, piece.to);
  if (from >= to) return [];
  return [{ ...run, from, to, at: run.alive ? run.at + from - run.from : run.at }];
}

const endOf = (run: Run): number => (run.alive ? run.at + run.to - run.from : run.at);

/** Where a place is once everything planned so far to its left has happened. */
function settled(at: number, { insertions, removals }: TextPlan): number {
  const inserted = insertions.reduce((sum, { text }) => sum + text.length, 0);
  const removed = removals.reduce((sum, { count }) => sum + count, 0);
  return at + inserted - removed;
}
