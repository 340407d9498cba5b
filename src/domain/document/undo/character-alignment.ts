import type { Alignment, Run } from '#domain/document/alignment.ts';
import type { Content } from '#domain/document/content.ts';
import { arrangementOf } from './arrangement.ts';
import { authorsIn } from './authorship.ts';
import { type Characters, charactersOf, newestOf } from './characters.ts';
import { type Known, type Ledger, isMerged } from './ledger.ts';
import { pastElements } from './past-elements.ts';
import { savedDocument } from './saved-document.ts';
import { isOverwritten, lengthAt } from './saved-rows.ts';

export type Place = Pick<Run, 'section' | 'at' | 'alive'>;

/** Follows each character from what was `known` to where it is now, also if it went and came back. */
export function alignmentOfCharacters(known: Known, content: Content, ledger: Ledger): Alignment {
  const saved = savedDocument(content.replica);
  const authors = authorsIn(saved, ledger);
  const characters = charactersOf(saved, authors, content.sections, isMerged(ledger));
  const places = placesOf(characters, content);
  const objects = new Map(content.sections.map(({ id, object }) => [id, object]));
  const elements = pastElements(characters, known);

  return (section, length) => {
    const runs: Run[] = [];
    let from = 0;
    for (const row of elements(objects.get(section) ?? '')) {
      const place = places.get(newestOf(characters, row)) ?? { section, at: 0, alive: false };
      const to = Math.min(length, from + lengthAt(saved, row));
      addRun(runs, { from, to, ...place });
      from = to;
    }
    return runs;
  };
}

/** Where each character is, or the gap that a deleted one left. */
export function placesOf(
  characters: Characters,
  { sections }: Pick<Content, 'sections'>,
): ReadonlyMap<number, Place> {
  const { saved } = characters;
  const arrangement = arrangementOf(characters);
  const places = new Map<number, Place>();
  for (const { id, object } of sections) {
    let at = 0;
    for (const { row, isInPlace } of arrangement.get(object) ?? []) {
      const alive = isInPlace && !isOverwritten(saved, row);
      places.set(row, { section: id, at, alive });
      if (alive) at += lengthAt(saved, row);
    }
  }
  return places;
}

/** Characters that are still side by side are one run. */
function addRun(runs: Run[], run: Run): void {
  const last = runs.at(-1);
  const isNext =
    last?.section === run.section &&
    last.alive === run.alive &&
    run.at === (run.alive ? last.at + last.to - last.from : last.at);
  if (isNext) runs[runs.length - 1] = { ...last, to: run.to };
  else runs.push(run);
}
