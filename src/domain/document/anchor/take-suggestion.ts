import type { DecisionContext } from '#domain/decider.ts';
import { mustMay } from '#domain/document/access.ts';
import type { TakeSuggestion } from '#domain/document/commands.ts';
import { presentSections } from '#domain/document/content.ts';
import { writeEdits } from '#domain/document/decide-content.ts';
import type { Edit } from '#domain/document/edits.ts';
import type { DocumentEvent } from '#domain/document/events.ts';
import { settled } from '#domain/document/live-content.ts';
import type { DocumentState } from '#domain/document/state.ts';
import type { SectionId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { type FoundCharacter, type TextRange, findCharacters } from './find-anchors.ts';
import { type Hunk, chosenHunks } from './hunks.ts';

/**
 * Writes what was chosen of a suggestion as one edit with the suggestion's origin: word by word,
 * each where the words that it replaces are by now, so that what others wrote since stays.
 */
export function takeSuggestion(
  { suggestion, anchor, quoted, replacement, origin, choice }: TakeSuggestion,
  state: DocumentState,
  context: DecisionContext,
): DocumentEvent[] {
  const document = mustMay(state, context.principal, 'document.edit');
  if (document.status === 'archived') throw new Rejected('document/archived');
  const hunks = chosenHunks(quoted, replacement, choice);
  const found = findCharacters(document)(anchor);
  if (!found.some(({ isVisible }) => isVisible)) throw new Rejected('suggestion/text-gone');
  const shown = new Set(presentSections(settled(document.content)).map(({ id }) => id));
  // From right to left, so that positions stay what they are.
  const edits = hunks.toReversed().flatMap((hunk) => editsOf(hunk, quotedCharacters(found), shown));
  return writeEdits(edits, document, context, {
    origin,
    suggestion: { suggestion, ...choice },
  });
}

type QuotedCharacter = FoundCharacter & { readonly from: number };

function quotedCharacters(characters: readonly FoundCharacter[]): readonly QuotedCharacter[] {
  let from = 0;
  return characters.map((character) => {
    const quoted = { ...character, from };
    from += character.length;
    return quoted;
  });
}

function editsOf(
  { at, removed, inserted }: Hunk,
  characters: readonly QuotedCharacter[],
  shown: ReadonlySet<SectionId>,
): readonly Edit[] {
  const end = at + removed.length;
  const doomed = characters.filter(({ from }) => from >= at && from < end);
  const runs = runsOf(doomed);
  const removals = runs
    .toReversed()
    .map(({ section, at, count }): Edit => ({ type: 'deleteText', section, at, count }));
  if (inserted === '') return removals;
  // Half of a word beside the new one would be a word that nobody wrote.
  if (!doomed.every(({ isVisible }) => isVisible))
    throw new Rejected('suggestion/text-gone', { at });
  const place = removed === '' ? placeBetween(characters, at, shown) : runs[0];
  if (place === undefined) throw new Rejected('suggestion/text-gone', { at });
  return [
    ...removals,
    { type: 'insertText', section: place.section, at: place.at, text: inserted },
  ];
}

/** Of characters that are there, those side by side as one range. */
function runsOf(characters: readonly QuotedCharacter[]): readonly TextRange[] {
  const runs: TextRange[] = [];
  for (const { place, length, isVisible } of characters) {
    if (place === undefined || !isVisible) continue;
    const last = runs.at(-1);
    if (last?.section === place.section && last.at + last.count === place.at) {
      runs[runs.length - 1] = { ...last, count: last.count + length };
    } else runs.push({ section: place.section, at: place.at, count: length });
  }
  return runs;
}

/** Behind the character on the left, or where it was; else before the one on the right. */
function placeBetween(
  characters: readonly QuotedCharacter[],
  at: number,
  shown: ReadonlySet<SectionId>,
): Pick<TextRange, 'section' | 'at'> | undefined {
  const left = characters.find(({ from, length }) => from + length === at);
  if (left?.place && shown.has(left.place.section)) {
    const { section, at, alive } = left.place;
    return { section, at: alive ? at + left.length : at };
  }
  const right = characters.find(({ from }) => from === at);
  return right?.place && shown.has(right.place.section) ? right.place : undefined;
}
