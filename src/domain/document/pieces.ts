import type { SectionId } from '#domain/ids.ts';

/**
 * A section's text while a request edits it, in terms of the text it began with. `kept` and
 * `dropped` are runs `from..to` of that text; what was dropped stays in the list, because text
 * that was typed beside it must come out on the same side of it. A `cut` marks where the text
 * continues in another section.
 */
export type Piece =
  | { readonly kind: 'kept' | 'dropped'; readonly from: number; readonly to: number }
  | { readonly kind: 'typed'; readonly text: string }
  | { readonly kind: 'cut'; readonly to: SectionId; readonly filling: readonly Fresh[] };

/** Sections that come to stand right before the one that a cut makes. */
export type Fresh = { readonly id: SectionId; readonly text: string };

const visible = (piece: Piece): number => {
  if (piece.kind === 'kept') return piece.to - piece.from;
  return piece.kind === 'typed' ? piece.text.length : 0;
};

/** Index of the first piece of `part`: the start, or what follows the cut that made it. */
const startOf = (pieces: readonly Piece[], part: SectionId): number =>
  pieces.findIndex((piece) => piece.kind === 'cut' && piece.to === part) + 1;

/**
 * The index behind the piece that holds the `at`th visible unit, splitting it if need be; what was
 * dropped right behind it is on the right, as an insertion beside its left neighbour would have it.
 */
function seek(pieces: Piece[], start: number, at: number): number {
  let index = start;
  for (let left = at; left > 0; index++) {
    const piece = pieces[index];
    if (piece === undefined) throw new RangeError(`No unit ${at} in this section.`);
    const length = visible(piece);
    if (left < length) splitPiece(pieces, index, left);
    left -= Math.min(left, length);
  }
  return index;
}

function splitPiece(pieces: Piece[], index: number, at: number): void {
  const piece = pieces[index];
  if (piece?.kind === 'typed') {
    const { text } = piece;
    pieces.splice(
      index,
      1,
      { ...piece, text: text.slice(0, at) },
      { ...piece, text: text.slice(at) },
    );
  } else if (piece?.kind === 'kept') {
    const middle = piece.from + at;
    pieces.splice(index, 1, { ...piece, to: middle }, { ...piece, from: middle });
  }
}

export function insertInto(pieces: Piece[], part: SectionId, at: number, text: string): void {
  const start = startOf(pieces, part);
  const index = seek(pieces, start, at);
  const left = index > start ? pieces[index - 1] : undefined;
  // Typing goes on where it was: one run instead of a piece for every keystroke.
  if (left?.kind === 'typed') pieces[index - 1] = { kind: 'typed', text: left.text + text };
  else pieces.splice(index, 0, { kind: 'typed', text });
}

export function dropFrom(pieces: Piece[], part: SectionId, at: number, count: number): void {
  let index = seek(pieces, startOf(pieces, part), at);
  for (let left = count; left > 0;) {
    const piece = pieces[index];
    if (piece === undefined) throw new RangeError(`No unit ${at + count} in this section.`);
    const length = visible(piece);
    if (length > left) splitPiece(pieces, index, left);
    const whole = pieces[index];
    if (whole?.kind === 'kept') pieces[index++] = { ...whole, kind: 'dropped' };
    else if (whole?.kind === 'typed') pieces.splice(index, 1);
    else index++;
    left -= Math.min(left, length);
  }
}

export function cutAt(
  pieces: Piece[],
  part: SectionId,
  at: number,
  to: SectionId,
  filling: readonly Fresh[] = [],
): void {
  pieces.splice(seek(pieces, startOf(pieces, part), at), 0, { kind: 'cut', to, filling });
}

/** The text of a section that the request began. */
export const typedText = (pieces: readonly Piece[]): string =>
  pieces.map((piece) => (piece.kind === 'typed' ? piece.text : '')).join('');
