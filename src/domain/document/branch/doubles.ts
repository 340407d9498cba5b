import type { Content } from '#domain/document/content.ts';
import { type Characters, elementsOf } from '#domain/document/undo/characters.ts';
import { NONE } from '#domain/document/undo/columns.ts';
import { isOverwritten } from '#domain/document/undo/saved-rows.ts';
import type { Settling, TextSettling } from '#domain/document/undo/settling.ts';

/**
 * A character that both sides moved, or both brought back, is there twice. Only the newest of its
 * elements stays.
 */
export function withoutDoubles(
  settling: Settling,
  characters: Characters,
  { sections }: Content,
): Settling {
  const known = new Map(settling.texts.map((text) => [text.section, text]));
  const texts = sections.flatMap(({ id: section, object }): TextSettling[] => {
    const text = known.get(section);
    const removed = [...elementsOf(characters, object)].filter(
      (row) => characters.next[row] !== NONE && !isOverwritten(settling.saved, row),
    );
    if (removed.length === 0) return text === undefined ? [] : [text];
    const none = { section, object, revived: [], removed: [], moved: [], inserted: 0, deleted: 0 };
    const whole = text ?? none;
    return [{ ...whole, removed: [...whole.removed, ...removed] }];
  });
  return { ...settling, texts };
}
