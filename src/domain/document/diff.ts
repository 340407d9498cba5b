import type { SectionId } from '#domain/ids.ts';
import type { DocumentContent, SectionText } from './content.ts';
import { joinedForComparison } from './lineage.ts';
import { type CompareTexts, type TextPart, textComparison } from './text-diff.ts';

export type DocumentDiff = {
  readonly title?: { readonly from: string; readonly to: string };
  /** Those that differ: in the newer order, then those that are gone. */
  readonly sections: readonly SectionDiff[];
};

export type SectionDiff = {
  /** The section, as both sides know it; text that was cut off it meanwhile is part of it. */
  readonly id: SectionId;
  readonly change: 'added' | 'removed' | 'changed' | 'moved';
  /** Beside other changes, it stands somewhere else among the sections of both sides. */
  readonly isMoved: boolean;
  readonly parts: readonly TextPart[];
};

/** What became of a document between two points, section by section and word by word. */
export function diffDocuments(from: DocumentContent, to: DocumentContent): DocumentDiff {
  const cutFrom = { ...from.cutFrom, ...to.cutFrom };
  const old = joinedForComparison(from.sections, to.sections, cutFrom);
  const now = joinedForComparison(to.sections, from.sections, cutFrom);
  const moved = movedAmong([...old.keys()], [...now.keys()]);
  const removed = [...old.keys()].filter((id) => !now.has(id));
  const compare = textComparison();
  const sections = [...now.keys(), ...removed].flatMap((id) =>
    sectionDiff(id, old.get(id), now.get(id), moved.has(id), compare),
  );
  const title = from.title === to.title ? undefined : { from: from.title, to: to.title };
  return { ...(title && { title }), sections };
}

function sectionDiff(
  id: SectionId,
  old: readonly SectionText[] | undefined,
  now: readonly SectionText[] | undefined,
  isMoved: boolean,
  compare: CompareTexts,
): SectionDiff[] {
  const [before, after] = [textOf(old), textOf(now)];
  const parts = compare(before, after);
  if (old === undefined) return [{ id, change: 'added', isMoved: false, parts }];
  if (now === undefined) return [{ id, change: 'removed', isMoved: false, parts }];
  if (before !== after) return [{ id, change: 'changed', isMoved, parts }];
  return isMoved ? [{ id, change: 'moved', isMoved, parts }] : [];
}

const textOf = (sections: readonly SectionText[] = []): string =>
  sections.map(({ text }) => text).join('');

/** The fewest sections whose moving explains the new order: all but a longest common subsequence. */
function movedAmong(old: readonly SectionId[], now: readonly SectionId[]): ReadonlySet<SectionId> {
  const places = new Map(old.map((id, index) => [id, index]));
  const common = now.filter((id) => places.has(id));
  // Patience: `ends[n]` is the lowest place that ends an increasing run of n + 1 sections.
  const ends: SectionId[] = [];
  const before = new Map<SectionId, SectionId | undefined>();
  const place = (id: SectionId) => places.get(id) ?? 0;
  for (const id of common) {
    let length = ends.findIndex((end) => place(end) > place(id));
    if (length < 0) length = ends.length;
    before.set(id, ends[length - 1]);
    ends[length] = id;
  }
  const moved = new Set(common);
  for (let id = ends.at(-1); id !== undefined; id = before.get(id)) moved.delete(id);
  return moved;
}
