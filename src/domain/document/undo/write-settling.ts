import type { ChangeWriter } from '#domain/document/change-writer.ts';
import type { Content } from '#domain/document/content.ts';
import { MOST_DELETED } from '#domain/document/limits.ts';
import { headsOf, newChange } from '#domain/document/replica.ts';
import { Rejected } from '#domain/rejected.ts';
import { type Step, movingSteps, newIds, putStep, stayingSteps } from './operations.ts';
import type { SavedDocument } from './saved-document.ts';
import type { Settling, TextSettling } from './settling.ts';

/** So many operations stay well below the size that fits an append. */
const MOST_OPERATIONS = 20_000;

/**
 * Writes a settling as changes of `actor`. They are made by hand: only so can a character that
 * comes back stand right behind the element that it was, whatever was deleted around it, where
 * also a change finds it whose author had not seen it go.
 */
export function writeSettling(
  content: Content,
  { saved, puts, texts }: Settling,
  actor: string,
  writer: ChangeWriter,
): void {
  mustNotBeTooMuch(texts);
  const { replica, sections } = content;
  const sectionOf = new Map(sections.map(({ id, object }) => [object, id]));
  const next = nextChange(saved, actor);
  const write = (steps: readonly Step[], isMove: boolean) => {
    for (const change of inChanges(steps)) {
      const operations = change.flatMap((step) => step.operations);
      const { seconds: time } = writer;
      const bytes = newChange({ ...next, actor, deps: headsOf(replica), time, operations });
      const touched = new Set(change.flatMap((step) => step.touched));
      const sections = [...touched].flatMap((object) => sectionOf.get(object) ?? []);
      writer.add([{ bytes, touched: sections, cuts: [], isMove }]);
      next.seq++;
      next.startOp += operations.length;
    }
  };

  const ids = newIds(saved, actor, next.startOp);
  const placed = puts.map((put) => putStep(put, ids));
  const staying = texts.flatMap((text) => stayingSteps(saved, text, ids));
  write([...placed, ...staying], false);
  const moving = texts.flatMap((text) => movingSteps(saved, text, ids));
  write(moving, true);
  countSize(content, { puts, texts }, writer.size);
}

function mustNotBeTooMuch(texts: readonly TextSettling[]): void {
  const count = texts.reduce(
    (sum, { revived, removed, moved }) => sum + revived.length + removed.length + moved.length,
    0,
  );
  if (count > MOST_DELETED) throw new Rejected('undo/too-much', { limit: MOST_DELETED });
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

/** What readers see come and go: a section's text with the section, or in one that stays. */
function countSize(
  { sections }: Content,
  { puts, texts }: Pick<Settling, 'puts' | 'texts'>,
  size: ChangeWriter['size'],
): void {
  const changed = new Map(texts.map((text) => [text.section, text]));
  const isThere = new Map(
    puts.flatMap(({ key, section, value }) => (key === 'present' ? [[section, value]] : [])),
  );
  for (const { id, present, length } of sections) {
    const { inserted, deleted } = changed.get(id) ?? { inserted: 0, deleted: 0 };
    const willBe = isThere.get(id) ?? present;
    if (present && willBe) {
      size.inserted += inserted;
      size.deleted += deleted;
    } else if (present) size.deleted += length;
    else if (willBe) size.inserted += length + inserted - deleted;
  }
}
