import {
  type Content,
  type RestorePoint,
  type Section,
  type SectionText,
  bySectionOrder,
  textOf,
} from './content.ts';
import type { SectionId } from '#domain/ids.ts';
import { type CutFrom, joinedForComparison, originOf } from './lineage.ts';
import type { PastCharacters } from './undo/coming-back.ts';

/** A section that is to say again what it said. */
export type Target = {
  readonly target: SectionText;
  /** It, and what was cut off its end meanwhile, where that stands right behind it. */
  readonly parts: readonly Section[];
  readonly isChanged: boolean;
};

export type RestorePlan = {
  readonly targets: readonly Target[];
  /** Sections that the document did not have, and that readers must not see, also after an undo. */
  readonly others: readonly Section[];
};

/**
 * Text that was cut off its section meanwhile stays where it is, if it stands right behind it; else
 * it comes home, and what it was cut into goes away.
 */
export function restorePlan(
  to: RestorePoint,
  content: Content,
  cutFrom: CutFrom,
  past: () => PastCharacters,
): RestorePlan {
  const now = new Map(content.sections.map((section) => [section.id, section]));
  const wanted = placedAsNow(to.sections, now);
  const among = (sections: readonly Section[]) => {
    const joined = joinedForComparison(sections, wanted, cutFrom);
    return wanted.map((target): Target => {
      const together = joined.get(target.id) ?? [];
      const itself = now.get(target.id);
      const isHome = !standsTogether(together, target, wanted);
      const parts = isHome ? (itself ? [itself] : []) : together;
      const text = parts.map((part) => textOf(content, part)).join('');
      return { target, parts, isChanged: text !== target.text };
    });
  };
  let held: readonly Section[] = content.sections.filter(({ present }) => present);
  let targets = among(held);
  if (targets.some(({ isChanged }) => isChanged)) {
    held = heldBy(to, content, cutFrom, past);
    const all = among(held);
    targets = targets.map((target, index) => (target.isChanged && all[index]) || target);
  }
  const ids = new Set(to.sections.map(({ id }) => id));
  const kept = new Set([...ids, ...targets.flatMap(({ parts }) => parts.map(({ id }) => id))]);
  const isChanged = new Set(targets.flatMap((one) => (one.isChanged ? [one.target.id] : [])));
  const isOther = (section: Section) =>
    !kept.has(section.id) &&
    (section.present ||
      (held.includes(section) && isChanged.has(originOf(section.id, ids, cutFrom))));
  return { targets, others: content.sections.filter(isOther) };
}

/**
 * Sections that stand in this order anyway need not go back to their places: others made room there
 * for what was cut off since, and that must stay right behind them.
 */
function placedAsNow(
  sections: readonly SectionText[],
  now: ReadonlyMap<SectionId, Section>,
): readonly SectionText[] {
  const placed = sections.map((one) => ({ ...one, order: now.get(one.id)?.order ?? one.order }));
  const isInOrder = placed.every((one, index) => {
    const before = placed[index - 1];
    return before === undefined || bySectionOrder(before, one) < 0;
  });
  return isInOrder ? placed : sections;
}

/**
 * The sections that readers see, and those that were deleted with text in them that was there:
 * what was cut off a section must come back where it is.
 */
function heldBy(
  to: RestorePoint,
  { sections }: Content,
  cutFrom: CutFrom,
  past: () => PastCharacters,
): readonly Section[] {
  const known = new Set(to.sections.map(({ id }) => id));
  const mayHold = ({ id, present }: Section) =>
    !present && (known.has(id) || cutFrom[id] !== undefined);
  return sections.filter(
    (section) => section.present || (mayHold(section) && past().objects.has(section.object)),
  );
}

/** Whether the section and what was cut off it are where it was, with nothing coming in between. */
function standsTogether(
  parts: readonly Section[],
  target: SectionText,
  others: readonly SectionText[],
): boolean {
  const [first, last] = [parts[0], parts.at(-1)];
  if (!first || !last || first.id !== target.id || first.order !== target.order) return false;
  const isBetween = (other: SectionText) =>
    bySectionOrder(first, other) < 0 && bySectionOrder(other, last) < 0;
  return !others.some(isBetween);
}
