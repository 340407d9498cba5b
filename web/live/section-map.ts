import type { TextSplice } from '#client/text-splices.ts';

type Sized = { readonly id: string; readonly length: number };
export type Place = { readonly section: string; readonly at: number };

/** Where the sections of a document lie in its Markdown. */
export class SectionMap {
  readonly #sections: readonly Sized[];

  private constructor(sections: readonly Sized[]) {
    this.#sections = sections;
  }

  static of(sections: readonly { readonly id: string; readonly text: string }[]): SectionMap {
    return new SectionMap(sections.map(({ id, text }) => ({ id, length: text.length })));
  }

  get isEmpty(): boolean {
    return this.#sections.length === 0;
  }

  /** `undefined`: it is not shown. */
  startOf(section: string): number | undefined {
    let start = 0;
    for (const { id, length } of this.#sections) {
      if (id === section) return start;
      start += length;
    }
    return undefined;
  }

  /** Between two sections: the end of the left one, or the start of the right one. */
  placeOf(position: number, side: 'left' | 'right' = 'left'): Place | undefined {
    let start = 0;
    let last: Place | undefined;
    for (const { id, length } of this.#sections) {
      const at = position - start;
      if (at < length || (side === 'left' && at === length)) return { section: id, at };
      last = { section: id, at: length };
      start += length;
    }
    return last;
  }

  /** Of the section into which text there would go. */
  lengthAt(position: number): number {
    const place = this.placeOf(position);
    return this.#sections.find(({ id }) => id === place?.section)?.length ?? 0;
  }

  positionOf({ section, at }: Place): number | undefined {
    const start = this.startOf(section);
    return start === undefined ? undefined : start + at;
  }

  spliced({ section, deleted, inserted }: TextSplice): SectionMap {
    return new SectionMap(
      this.#sections.map(({ id, length }) => ({
        id,
        length: id === section ? length - deleted + inserted.length : length,
      })),
    );
  }

  /** As it is where each position is another one. */
  moved(position: (position: number) => number): SectionMap {
    let [end, before] = [0, 0];
    return new SectionMap(
      this.#sections.map(({ id, length }) => {
        end += length;
        const now = position(end);
        const moved = { id, length: now - before };
        before = now;
        return moved;
      }),
    );
  }

  /**
   * What replacing text of the Markdown is in the sections, in the order in which it is to be done.
   * Text at a boundary goes to the left section, as everywhere; instead of other text, to where
   * that was.
   */
  splicesOf(at: number, deleted: number, inserted: string): TextSplice[] {
    const splices: TextSplice[] = [];
    let [start, left] = [0, deleted];
    const place = this.placeOf(at, deleted > 0 ? 'right' : 'left');
    for (const { id, length } of this.#sections) {
      const from = Math.max(0, at - start);
      const count = Math.max(0, Math.min(left, length - from));
      const text = id === place?.section ? inserted : '';
      if (count > 0 || text !== '') {
        splices.push({ section: id, at: from, deleted: count, inserted: text });
      }
      left -= count;
      start += length;
    }
    return splices;
  }
}
