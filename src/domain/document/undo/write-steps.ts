import type { ChangeWriter } from '#domain/document/change-writer.ts';
import type { Content } from '#domain/document/content.ts';
import type { NewElements } from '#domain/document/new-elements.ts';
import { headsOf, newChange } from '#domain/document/replica.ts';
import { type NewIds, type Step, newIds } from './operations.ts';
import type { SavedDocument } from './saved-document.ts';

/** So many operations stay well below the size that fits an append. */
const MOST_OPERATIONS = 20_000;

/** Steps are made with `ids`, and written in the order in which they were made. */
export type StepWriter = {
  readonly ids: NewIds;
  readonly write: (steps: readonly Step[], elements?: NewElements) => void;
};

/**
 * Writes changes of `actor` by hand: only so can a character that comes back stand right behind
 * the element that it was, whatever was deleted around it, where also a change finds it whose
 * author had not seen it go. Nothing else must have been written since the document was `saved`.
 */
export function stepWriter(
  { replica, sections: all }: Content,
  saved: SavedDocument,
  actor: string,
  writer: ChangeWriter,
): StepWriter {
  const sectionOf = new Map(all.map(({ id, object }) => [object, id]));
  const next = nextChange(saved, actor);
  return {
    ids: newIds(saved, actor, next.startOp),
    write(steps, elements) {
      for (const change of inChanges(steps)) {
        const operations = change.flatMap((step) => step.operations);
        const { seconds: time } = writer;
        const bytes = newChange({ ...next, actor, deps: headsOf(replica), time, operations });
        const touched = new Set(change.flatMap((step) => step.touched));
        const sections = [...touched].flatMap((object) => sectionOf.get(object) ?? []);
        writer.add([{ bytes, touched: sections, cuts: [], elements }]);
        next.seq++;
        next.startOp += operations.length;
      }
    },
  };
}

/** The changes of an actor count from 1; operations go on from the highest of all. */
function nextChange({ actors, changes }: SavedDocument, actor: string) {
  const index = actors.indexOf(actor);
  let [seq, startOp] = [1, 1];
  for (let change = 0; change < changes.count; change++) {
    if (changes.actor[change] === index) seq++;
    startOp = Math.max(startOp, (changes.maxOp[change] ?? 0) + 1);
  }
  return { seq, startOp };
}

function inChanges(steps: readonly Step[]): readonly Step[][] {
  const changes: Step[][] = [];
  for (let at = 0; at < steps.length; at += MOST_OPERATIONS / 2) {
    changes.push(steps.slice(at, at + MOST_OPERATIONS / 2));
  }
  return changes;
}
