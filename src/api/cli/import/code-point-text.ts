/** Short enough to rebuild at every keystroke, long enough that few need to be walked over. */
const CHUNK_UNITS = 2_000;

/** Well-formed text and how many code points it has. */
type Chunk = { text: string; points: number };

/** A run of the text in UTF-16 units. */
export type Units = { readonly at: number; readonly count: number };

/** A text that is edited at code points, as traces count, and answers in UTF-16 units, as the API does. */
export class CodePointText {
  #chunks: Chunk[] = [];
  #units = 0;
  #points = 0;

  constructor(text = '') {
    this.splice(0, 0, text);
  }

  /** In UTF-16 units. */
  get length(): number {
    return this.#units;
  }

  /** Where a run of code points is. Throws a RangeError for what lies outside of the text. */
  unitsOf(point: number, count: number): Units {
    if (point + count > this.#points) {
      throw new RangeError(
        `position ${point} with ${count} to delete is outside of a text of ${this.#points} characters`,
      );
    }
    const at = this.#unitAt(point);
    return { at, count: count === 0 ? 0 : this.#unitAt(point + count) - at };
  }

  /** `insert` must be well-formed. Throws as `unitsOf` does. */
  splice(point: number, deletePoints: number, insert: string): void {
    this.unitsOf(point, deletePoints);
    const { index, left } = this.#find(point);
    this.#delete(index, left, deletePoints);
    this.#insert(index, left, insert);
  }

  toString(): string {
    return this.#chunks.map(({ text }) => text).join('');
  }

  #unitAt(point: number): number {
    const { index, before, left } = this.#find(point);
    return before + unitsIn(this.#chunks[index], left);
  }

  /** The chunk that holds the code point, or ends in front of it; the units before that chunk. */
  #find(point: number): { index: number; before: number; left: number } {
    let left = point;
    let before = 0;
    let index = 0;
    for (; index < this.#chunks.length - 1; index++) {
      const chunk = this.#chunks[index];
      if (!chunk || left <= chunk.points) break;
      left -= chunk.points;
      before += chunk.text.length;
    }
    return { index, before, left };
  }

  #delete(first: number, offset: number, points: number): void {
    let left = points;
    let from = offset;
    for (let index = first; left > 0; from = 0) {
      const chunk = this.#chunks[index];
      if (!chunk) break;
      const here = Math.min(left, chunk.points - from);
      const start = unitsIn(chunk, from);
      const end = unitsIn(chunk, from + here);
      chunk.text = chunk.text.slice(0, start) + chunk.text.slice(end);
      chunk.points -= here;
      this.#units -= end - start;
      left -= here;
      // The first one stays, also when it is empty: the insertion goes there.
      if (chunk.points === 0 && index > first) this.#chunks.splice(index, 1);
      else index++;
    }
    this.#points -= points;
  }

  #insert(index: number, point: number, insert: string): void {
    if (insert === '') return;
    const points = codePoints(insert);
    this.#units += insert.length;
    this.#points += points;
    const chunk = this.#chunks[index] ?? { text: '', points: 0 };
    const start = unitsIn(chunk, point);
    chunk.text = chunk.text.slice(0, start) + insert + chunk.text.slice(start);
    chunk.points += points;
    this.#chunks.splice(index, 1, ...(chunk.text.length > CHUNK_UNITS ? inChunks(chunk) : [chunk]));
  }
}

function inChunks({ text }: Chunk): Chunk[] {
  return textInParts(text, CHUNK_UNITS / 2).map((part) => ({
    text: part,
    points: codePoints(part),
  }));
}

/** Parts of at most `longest` UTF-16 units that cut no character in half. */
export function textInParts(text: string, longest: number): string[] {
  const parts: string[] = [];
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + longest, text.length);
    if (end < text.length && (text.codePointAt(end - 1) ?? 0) > 0xffff) end--;
    parts.push(text.slice(start, end));
    start = end;
  }
  return parts;
}

export function codePoints(text: string): number {
  let points = 0;
  for (let unit = 0; unit < text.length; unit++) {
    // Only the second half of a pair adds no code point of its own.
    if ((text.charCodeAt(unit) & 0xfc00) !== 0xdc00) points++;
  }
  return points;
}

function unitsIn(chunk: Chunk | undefined, points: number): number {
  if (!chunk || chunk.points === chunk.text.length) return points;
  let unit = 0;
  for (let left = points; left > 0; left--) {
    unit += (chunk.text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
  }
  return unit;
}
