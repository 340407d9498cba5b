import type { Edit } from './session.ts';

/** A text in sections, cut as Palimpsest cuts what it takes in, so that every system holds the same parts. */
export class SectionedText {
  order: number[] = [0];
  readonly #texts = new Map<number, string>([[0, '']]);

  get length(): number {
    return this.order.reduce((sum, section) => sum + this.#text(section).length, 0);
  }

  /** The edits of single sections that do this, with a cut at the end where one grew too long. */
  splice(at: number, remove: number, insert: string, longest: number): Edit[] {
    const edits: Edit[] = [];
    let [left, inserted] = [remove, insert];
    do {
      const [section, offset] = this.#find(at, inserted === '');
      const here = Math.min(left, this.#text(section).length - offset);
      edits.push({ section, at: offset, remove: here, insert: inserted, position: at });
      this.apply(edits.at(-1)!);
      [left, at, inserted] = [left - here, at + inserted.length, ''];
    } while (left > 0);
    return [...edits, ...this.#cut(edits[0]!.section, longest)];
  }

  apply({ section, at, remove, insert }: Edit): void {
    const text = this.#text(section);
    this.#texts.set(section, text.slice(0, at) + insert + text.slice(at + remove));
  }

  copy(): SectionedText {
    const copy = new SectionedText();
    copy.order = [...this.order];
    for (const [section, text] of this.#texts) copy.#texts.set(section, text);
    return copy;
  }

  toString(): string {
    return this.order.map((section) => this.#text(section)).join('');
  }

  /** Half of it moves to a new section, from a line's begin, as an edit of each. */
  #cut(section: number, longest: number): Edit[] {
    const text = this.#text(section);
    if (text.length <= longest) return [];
    const at = text.lastIndexOf('\n', text.length / 2) + 1 || Math.floor(text.length / 2);
    const added = this.order.length;
    this.order.splice(this.order.indexOf(section) + 1, 0, added);
    const position = this.#begin(section) + at;
    const edits: Edit[] = [
      { section, at, remove: text.length - at, insert: '', position, cut: 'from' },
      { section: added, at: 0, remove: 0, insert: text.slice(at), position, cut: 'to' },
    ];
    for (const edit of edits) this.apply(edit);
    return edits;
  }

  /** At a border, what is inserted goes to the left, and what is deleted is on the right. */
  #find(at: number, deletes: boolean): [section: number, offset: number] {
    let offset = at;
    for (const section of this.order) {
      const { length } = this.#text(section);
      if (deletes ? offset < length : offset <= length) return [section, offset];
      offset -= length;
    }
    throw new RangeError(`There is no character ${at} in the text.`);
  }

  #begin(section: number): number {
    const before = this.order.slice(0, this.order.indexOf(section));
    return before.reduce((sum, section) => sum + this.#text(section).length, 0);
  }

  #text(section: number): string {
    return this.#texts.get(section) ?? '';
  }
}
