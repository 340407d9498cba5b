import type { LiveDocument } from '#client/live-document.ts';
import type { Patch } from './recorded.ts';

/** Types at places of the whole text, whose sections it knows since `look`. */
export class Typist {
  readonly #document: LiveDocument;
  #sections: { readonly id: string; length: number }[] = [];

  constructor(document: LiveDocument) {
    this.#document = document;
  }

  /** Others may have moved everything. */
  look(): void {
    this.#sections = this.#document.sections.map(({ id, text }) => ({ id, length: text.length }));
  }

  type([at, deleted, inserted]: Patch): void {
    for (let left = deleted; left > 0;) {
      const [section, offset] = this.#find(at, true);
      const here = Math.min(left, section.length - offset);
      this.#splice(section, offset, here, '');
      left -= here;
    }
    if (inserted !== '') this.#splice(...this.#find(at, false), 0, inserted);
  }

  /** At a border, what is typed goes to the left, and what is deleted is on the right. */
  #find(at: number, deletes: boolean): [section: { id: string; length: number }, offset: number] {
    let offset = at;
    for (const section of this.#sections) {
      if (deletes ? offset < section.length : offset <= section.length) return [section, offset];
      offset -= section.length;
    }
    throw new RangeError(`There is no character ${at}.`);
  }

  #splice(
    section: { readonly id: string; length: number },
    at: number,
    deleted: number,
    inserted: string,
  ): void {
    this.#document.splice(section.id, at, deleted, inserted);
    section.length += inserted.length - deleted;
  }
}
