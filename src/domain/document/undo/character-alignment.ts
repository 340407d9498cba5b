import type { Alignment, Run } from '#domain/document/alignment.ts';
import type { Content } from '#domain/document/content.ts';
import { arrangementOf } from './arrangement.ts';
import { type AuthorshipOf, authorshipIn } from './authorship.ts';
import { type Characters, charactersOf, elementsOf, newestOf } from './characters.ts';
import { NONE } from './columns.ts';
import { type Known, type Ledger, isMerged } from './ledger.ts';
import { type SavedDocument, savedDocument } from './saved-document.ts';
import { isOverwritten, lengthAt } from './saved-rows.ts';

export type Place = Pick<Run, 'section' | 'at' | 'alive'>;

/** Follows each character from what was `known` to where it is now, also if it went and came back. */
export function alignmentOfCharacters(known: Known, content: Content, ledger: Ledger): Alignment {
  const saved = savedDocument(content.replica);
  const authorshipOf = authorshipIn(saved, ledger);
  const characters = charactersOf(saved, authorshipOf, content.sections, isMerged(ledger));
  const places = placesOf(characters, content);
  const objects = new Map(content.sections.map(({ id, object }) => [id, object]));
  const wasThere = knownIn(saved, authorshipOf, known);

  return (section, length) => {
    const runs: Run[] = [];
    let from = 0;
    for (const row of elementsOf(characters, objects.get(section) ?? '')) {
      const { actor, counter } = saved.ops;
      if (!wasThere(actor[row] ?? NONE, counter[row] ?? NONE)) continue;
      if (wasOverwritten(saved, row, wasThere)) continue;
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

type WasThere = (actor: number, counter: number) => boolean;

function knownIn(
  { actors }: SavedDocument,
  authorshipOf: AuthorshipOf,
  { counts }: Known,
): WasThere {
  const known = actors.map((actor) => counts.get(actor) ?? 0);
  return (actor, counter) => authorshipOf(actor, counter).seq <= (known[actor] ?? 0);
}

function wasOverwritten({ successors }: SavedDocument, row: number, wasThere: WasThere): boolean {
  const { start, actor, counter } = successors;
  for (let at = start[row] ?? 0; at < (start[row + 1] ?? 0); at++) {
    if (wasThere(actor[at] ?? NONE, counter[at] ?? NONE)) return true;
  }
  return false;
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
