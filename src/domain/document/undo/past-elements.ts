import type { AuthorshipOf } from './authorship.ts';
import { type Characters, elementsOf } from './characters.ts';
import { NONE } from './columns.ts';
import type { Known } from './ledger.ts';
import type { SavedDocument } from './saved-document.ts';

/** The elements of a text that were visible when no more than `known` was there, in their order. */
export function pastElements(
  characters: Characters,
  known: Known,
): (object: string) => Generator<number> {
  const { saved, authorshipOf } = characters;
  const { actor, counter } = saved.ops;
  const wasThere = knownIn(saved, authorshipOf, known);
  return function* elements(object) {
    for (const row of elementsOf(characters, object)) {
      if (!wasThere(actor[row] ?? NONE, counter[row] ?? NONE)) continue;
      if (!wasOverwritten(saved, row, wasThere)) yield row;
    }
  };
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
