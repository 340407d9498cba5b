import { INCOMING_SECTION } from './limits.ts';

/**
 * Cuts text into what become sections: at headings (not inside fenced code), and past `longest`
 * at a paragraph, else a line, else between two code points. The pieces concatenate to the text,
 * and a newline stays with the piece on its left. When that gives more than `most` pieces,
 * neighbours are joined up to `longest`.
 */
export function cutText(text: string, longest = INCOMING_SECTION, most = Infinity): string[] {
  const pieces = atHeadings(text).flatMap((block) => byLength(block, longest));
  return pieces.length > most ? joined(pieces, longest) : pieces;
}

const HEADING = /^ {0,3}#{1,6}(?:[ \t\r]|$)/;
const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;

function atHeadings(text: string): string[] {
  const blocks: string[] = [];
  let start = 0;
  let fence: string | undefined;
  for (const { line, at } of linesOf(text)) {
    if (fence === undefined) {
      if (at > start && HEADING.test(line)) {
        blocks.push(text.slice(start, at));
        start = at;
      }
      fence = FENCE.exec(line)?.[1];
    } else if (closes(line, fence)) {
      fence = undefined;
    }
  }
  blocks.push(text.slice(start));
  return blocks;
}

/** CommonMark 4.5: the same character, at least as often, with nothing behind it. */
function closes(line: string, fence: string): boolean {
  const marker = line.trim();
  return marker.length >= fence.length && marker === fence.charAt(0).repeat(marker.length);
}

function* linesOf(text: string): Generator<{ line: string; at: number }> {
  for (let at = 0; at < text.length;) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    yield { line: text.slice(at, end), at };
    at = end + 1;
  }
}

function byLength(block: string, longest: number): string[] {
  const pieces: string[] = [];
  let rest = block;
  while (rest.length > longest) {
    const at = placeToCut(rest.slice(0, longest), rest.charCodeAt(longest));
    pieces.push(rest.slice(0, at));
    rest = rest.slice(at);
  }
  pieces.push(rest);
  return pieces;
}

function placeToCut(window: string, next: number): number {
  const paragraph = lastParagraphEnd(window);
  if (paragraph > 0) return paragraph;
  const line = window.lastIndexOf('\n') + 1;
  if (line > 0) return line;
  const last = window.charCodeAt(window.length - 1);
  return isHighSurrogate(last) && isLowSurrogate(next) ? window.length - 1 : window.length;
}

/** Just behind the last blank line, or 0. */
function lastParagraphEnd(window: string): number {
  for (let end = window.lastIndexOf('\n'); end > 0; end = window.lastIndexOf('\n', end - 1)) {
    const start = window.lastIndexOf('\n', end - 1);
    if (start < 0) return 0;
    if (window.slice(start + 1, end).trim() === '') return end + 1;
  }
  return 0;
}

function joined(pieces: readonly string[], longest: number): string[] {
  const joinedPieces: string[] = [];
  for (const piece of pieces) {
    const last = joinedPieces.at(-1);
    if (last !== undefined && last.length + piece.length <= longest) {
      joinedPieces[joinedPieces.length - 1] = last + piece;
    } else joinedPieces.push(piece);
  }
  return joinedPieces;
}

const isHighSurrogate = (unit: number) => (unit & 0xfc00) === 0xd800;
const isLowSurrogate = (unit: number) => (unit & 0xfc00) === 0xdc00;

/** Whether `at` lies between the two halves of one character. */
export const isInsideCharacter = (text: string, at: number): boolean =>
  at > 0 &&
  at < text.length &&
  isHighSurrogate(text.charCodeAt(at - 1)) &&
  isLowSurrogate(text.charCodeAt(at));
