import type { ChangeWriter, Writable } from './change-writer.ts';
import type { Content } from './content.ts';
import { textAt } from './replica.ts';
import { type CompareTexts, replacements } from './text-diff.ts';
import type { ComingBack } from './undo/coming-back.ts';

/** Drops what a text did not hold. */
export function removeOthers(
  section: Writable,
  { removals }: ComingBack,
  writer: ChangeWriter,
): void {
  for (const { at, count } of removals.toReversed()) writer.splice(section, at, count, '');
}

/** Lets the sections, one after the other, say `text`, where they do not by now. */
export function restoreText(
  content: Content,
  compare: CompareTexts,
  sections: readonly Writable[],
  text: string,
  writer: ChangeWriter,
): void {
  const texts = sections.map(({ object }) => textAt(content.replica, object));
  for (const change of replacements(compare(texts.join(''), text)).toReversed()) {
    let { at, count } = change;
    let typed = change.text;
    for (const [index, section] of sections.entries()) {
      const length = texts[index]?.length ?? 0;
      if (at > length) at -= length;
      else {
        const removed = Math.min(count, length - at);
        if (removed > 0 || typed !== '') writer.splice(section, at, removed, typed);
        [at, count, typed] = [0, count - removed, ''];
        if (count === 0) break;
      }
    }
  }
}
