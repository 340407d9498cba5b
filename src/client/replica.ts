import * as Automerge from '@automerge/automerge';
import { type TextSplice, textSplices } from './text-splices.ts';

export type SectionView = { readonly id: string; readonly text: string };

const ROOT = '_root';

type Backend = ReturnType<typeof Automerge.getBackend>;

/**
 * A client's copy of a document. What is typed is in it at once and becomes one change when it is
 * committed, however many keystrokes it was.
 */
export class Replica {
  readonly #backend: Backend;

  private constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Writes as `actor`; without one it is only read. */
  static load(saved: Uint8Array, actor?: string): Replica {
    const document = Automerge.load<object>(saved, actor === undefined ? {} : { actor });
    const backend = Automerge.getBackend(document);
    backend.resetDiffCursor();
    return new Replica(backend);
  }

  save(): Uint8Array {
    return this.#backend.save();
  }

  free(): void {
    this.#backend.free();
  }

  get title(): string {
    const title = this.#backend.get(ROOT, 'title');
    return typeof title === 'string' ? title : '';
  }

  /** In their order; the texts, one after the other, are the Markdown. */
  get sections(): readonly SectionView[] {
    const map = this.#object(ROOT, 'sections');
    if (map === undefined) return [];
    return this.#backend
      .keys(map)
      .flatMap((id) => {
        const section = this.#object(map, id);
        const text = section && this.#object(section, 'text');
        if (section === undefined || text === undefined) return [];
        if (this.#backend.get(section, 'present') !== true) return [];
        const order = this.#backend.get(section, 'order');
        const place = typeof order === 'string' ? order : '';
        return [{ id, place, text: this.#backend.text(text) }];
      })
      .sort((one, other) => compare(one.place, other.place) || compare(one.id, other.id))
      .map(({ id, text }) => ({ id, text }));
  }

  /** Throws `RangeError` where there is no such section. */
  textOf(section: string): string {
    return this.#backend.text(this.#textObject(section));
  }

  /** Offsets are UTF-16 code units of the section. Throws `RangeError` where there is none. */
  splice(section: string, at: number, deleted: number, inserted: string): void {
    const text = this.#textObject(section);
    const length = this.#backend.length(text);
    if (at < 0 || deleted < 0 || at + deleted > length) {
      throw new RangeError(`Section ${section} has ${length} characters.`);
    }
    this.#backend.splice(text, at, deleted, inserted);
  }

  rename(title: string): void {
    // Of two titles at once Automerge would delete the other one, which the server does not take.
    if (title === this.title) return;
    this.#backend.put(ROOT, 'title', title, 'str');
  }

  get hasUncommitted(): boolean {
    return this.pending > 0;
  }

  /** Operations that are not part of a change yet. */
  get pending(): number {
    return this.#backend.pendingOps();
  }

  /** What was typed since the last time, as one change. */
  commit(): Uint8Array | undefined {
    if (!this.hasUncommitted) return undefined;
    // A device's clock may be wrong; the server knows when it took the change.
    this.#backend.commit(undefined, 0);
    return this.#backend.getLastLocalChange() ?? undefined;
  }

  /**
   * Nothing may be uncommitted. Changes that are there already change nothing. Answers what became
   * of the texts.
   */
  apply(changes: readonly Uint8Array[]): readonly TextSplice[] | undefined {
    if (changes.length === 0) return [];
    this.#backend.updateDiffCursor();
    this.#backend.applyChanges([...changes]);
    const splices = textSplices(this.#backend.diffIncremental());
    // A cursor that stays would make every keystroke keep what it did.
    this.#backend.resetDiffCursor();
    return splices;
  }

  #textObject(id: string): string {
    const map = this.#object(ROOT, 'sections');
    const section = map && this.#object(map, id);
    const text = section && this.#object(section, 'text');
    if (text === undefined) throw new RangeError(`There is no section ${id}.`);
    return text;
  }

  #object(parent: string, key: string): string | undefined {
    const value = this.#backend.getWithType(parent, key);
    return value?.[0] === 'map' || value?.[0] === 'text' ? value[1] : undefined;
  }
}

const compare = (one: string, other: string) => (one < other ? -1 : Number(one > other));
