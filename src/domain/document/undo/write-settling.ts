import type { ChangeWriter } from '#domain/document/change-writer.ts';
import type { Content } from '#domain/document/content.ts';
import { MOST_DELETED } from '#domain/document/limits.ts';
import { Rejected } from '#domain/rejected.ts';
import { movingSteps, putStep, stayingSteps } from './operations.ts';
import type { Settling, TextSettling } from './settling.ts';
import { stepWriter } from './write-steps.ts';

/** Writes a settling as changes of `actor`. */
export function writeSettling(
  content: Content,
  { saved, puts, texts }: Settling,
  actor: string,
  writer: ChangeWriter,
): void {
  mustNotBeTooMuch(texts);
  const { ids, write } = stepWriter(content, saved, actor, writer);
  const placed = puts.map((put) => putStep(put, ids));
  write([...placed, ...texts.flatMap((text) => stayingSteps(saved, text, ids))]);
  write(
    texts.flatMap((text) => movingSteps(saved, text, ids)),
    'moves',
  );
  countSize(content, { puts, texts }, writer.size);
}

function mustNotBeTooMuch(texts: readonly TextSettling[]): void {
  const count = texts.reduce(
    (sum, { revived, removed, moved }) => sum + revived.length + removed.length + moved.length,
    0,
  );
  if (count > MOST_DELETED) throw new Rejected('undo/too-much', { limit: MOST_DELETED });
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
