import type { SectionId } from '#domain/ids.ts';

/** For each section that a cut made: the section that it was the end of. */
export type CutFrom = Readonly<Record<SectionId, SectionId>>;

/**
 * Sections in order, where those that were one section for the other side stand together: a cut
 * changes no character, so it must not look like text deleted here and typed there.
 */
export function joinedForComparison<Section extends { readonly id: SectionId }>(
  sections: readonly Section[],
  otherSide: readonly { readonly id: SectionId }[],
  cutFrom: CutFrom,
): ReadonlyMap<SectionId, readonly Section[]> {
  const known = new Set(otherSide.map(({ id }) => id));
  const joined = new Map<SectionId, Section[]>();
  let last: SectionId | undefined;
  for (const section of sections) {
    const origin = originOf(section.id, known, cutFrom);
    if (origin === last) joined.get(origin)?.push(section);
    else {
      // Moved away from the section that it was cut from: it stands for itself.
      last = joined.has(origin) ? section.id : origin;
      joined.set(last, [section]);
    }
  }
  return joined;
}

/** The nearest section that is `known` among those that it was cut from; else itself. */
export function originOf(
  id: SectionId,
  known: ReadonlySet<SectionId>,
  cutFrom: CutFrom,
): SectionId {
  let origin = id;
  while (!known.has(origin)) {
    const from = cutFrom[origin];
    if (from === undefined) return id;
    origin = from;
  }
  return origin;
}
