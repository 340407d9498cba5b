import { cutText } from '#domain/document/cutting.ts';
import type { Edit } from '#domain/document/edits.ts';
import { MOST_EDITS, MOST_SECTIONS } from '#domain/document/limits.ts';

/** A section that grew past this is split. The server itself would only do so at twice the length. */
const GROWN = 10_000;
const PIECE = 6_000;
/** Room for the sections that the server makes of a long insertion. */
const ENOUGH_SECTIONS = MOST_SECTIONS - 200;

/** How much typing may pass before the sections are looked at again. */
export const LOOK_EVERY_UNITS = 2_000;

type SectionText = { readonly id: string; readonly text: string };
type SectionEdit = Extract<Edit, { type: 'splitSection' | 'deleteSection' }>;

/**
 * The edits that keep sections small, because remote changes cost time in proportion to a
 * section's text; they change no character. What deletions left empty is taken away, or a long
 * session would collect sections until there may be no more.
 */
export function tidyingEdits(sections: readonly SectionText[]): SectionEdit[] {
  const empty = sections.slice(1).filter(({ text }) => text === '');
  const removed = empty.map(({ id }): SectionEdit => ({
    type: 'deleteSection',
    section: id as never,
  }));
  const room = ENOUGH_SECTIONS - sections.length;
  const splits = sections.filter(({ text }) => text.length > GROWN).flatMap(splitsOf);
  return [...(room > splits.length ? splits : []), ...removed].slice(0, MOST_EDITS);
}

/** From the end of the section: its beginning keeps the id, so the offsets before stay right. */
function splitsOf({ id, text }: SectionText): SectionEdit[] {
  const pieces = cutText(text, PIECE, Math.ceil(text.length / PIECE));
  let at = 0;
  const places = pieces.slice(0, -1).map((piece) => (at += piece.length));
  return places
    .filter((place) => place > 0)
    .toReversed()
    .map((place) => ({ type: 'splitSection', section: id as never, at: place }));
}
