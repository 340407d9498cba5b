import { ChangeSet, type Text } from '@codemirror/state';
import type { EditorView, ViewUpdate } from '@codemirror/view';
import type { LiveDocument } from '#client/live-document.ts';
import type { Heard } from '#client/live-options.ts';
import type { TextSplice } from '#client/text-splices.ts';
import { isTyped } from '#web/editor/editor.ts';
import { byMember } from '#web/editor/others.ts';
import { changesBetween, changesOf } from '#web/editor/text-changes.ts';
import { Pending } from './pending.ts';
import { SectionMap } from './section-map.ts';

type Live = Pick<LiveDocument, 'revision' | 'sections' | 'splice' | 'settled'>;

/** So long a cut section may take to come to rest; then the text is shown as it is. */
const PATIENCE_MS = 1_500;

/** Characters of one group; the server takes no more than 200,000 back at once. */
const MOST_TAKEN_BACK = 100_000;

/**
 * The text in the editor and the sections of the live document. They are the same, but for a moment
 * when a section is cut in which somebody types: what is not acknowledged stays in front of the cut
 * until the server has brought it behind, and to show that would take the cursor out of the words.
 */
export class SharedText {
  readonly pending = new Pending();
  readonly #editor: EditorView;
  #map = SectionMap.of([]);
  #live: Live | undefined;
  /** The text when the cut came, and what was typed since: it is written when the text is at rest. */
  #held: { readonly text: Text; typed: ChangeSet } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(editor: EditorView) {
    this.#editor = editor;
  }

  get map(): SectionMap {
    return this.#map;
  }

  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  begin(live: Live): void {
    this.#live = live;
    this.lookAgain();
  }

  /** What others did, and what the server did for us; shows where, if `isFollowed`. */
  heard({ member = '', splices }: Heard, isFollowed: boolean): void {
    if (this.#held !== undefined) return this.comeToRest();
    if (splices === undefined) {
      if (this.pending.changes === undefined) this.lookAgain(member);
      else this.#hold();
      return;
    }
    const { changes, map } = changesOf(splices, this.#map, this.#editor.state.doc.length);
    this.#map = map;
    if (!changes.empty) this.#take(changes, member, isFollowed ? endOfLast(changes) : undefined);
  }

  /** Makes the editor's text the document's, where nobody told what is different. */
  lookAgain(member = ''): void {
    // A copy that was given up comes back whole.
    if (this.#live === undefined || this.#live.revision < 0) return;
    const { sections } = this.#live;
    const { text, typed } = this.#held ?? { text: this.#editor.state.doc, typed: undefined };
    this.forget();
    this.#map = SectionMap.of(sections);
    const after = sections.map(({ text }) => text).join('');
    const changes = ChangeSet.of([...changesBetween(text.toString(), after)], text.length, '\n');
    if (typed === undefined) {
      if (!changes.empty) this.#take(changes, member);
      return;
    }
    this.pending.clear();
    this.#show(changes.map(typed, true), member);
    this.#write(typed.map(changes));
  }

  /** Answers whether anything was typed that others can be told of. */
  typed({ transactions }: ViewUpdate): boolean {
    const typed = transactions.filter(isTyped);
    for (const { changes } of typed) {
      if (this.#held === undefined) this.#write(changes);
      else this.#held.typed = this.#held.typed.compose(changes);
    }
    return typed.length > 0;
  }

  /** Shows the document as it is, as soon as a cut has taken what was typed along. */
  comeToRest(): void {
    if (this.#held === undefined) return;
    const sections = this.#live?.sections ?? [];
    if (sections.map(({ text }) => text).join('') === this.#held.text.toString()) this.lookAgain();
  }

  /** What was typed meanwhile is given up. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#held = undefined;
  }

  #hold(): void {
    const text = this.#editor.state.doc;
    this.#held = { text, typed: ChangeSet.empty(text.length) };
    this.#timer = setTimeout(() => this.lookAgain(), PATIENCE_MS);
    // The sooner the server has it, the sooner it is behind the cut.
    this.#live?.settled().catch(() => undefined);
    this.comeToRest();
  }

  #take(changes: ChangeSet, member: string, cursor?: number): void {
    this.pending.heard(changes);
    this.#show(changes, member, cursor);
  }

  #show(changes: ChangeSet, member: string, cursor?: number): void {
    this.#editor.dispatch({
      changes,
      annotations: byMember.of(member),
      ...(cursor !== undefined && { selection: { anchor: cursor }, scrollIntoView: true }),
    });
  }

  #write(changes: ChangeSet): void {
    if (changes.empty) return;
    this.pending.typed(changes);
    const splices: TextSplice[] = [];
    changes.iterChanges((fromA, toA, fromB, _toB, text) => {
      for (const splice of this.#map.splicesOf(fromB, toA - fromA, text.sliceString(0))) {
        this.#map = this.#map.spliced(splice);
        splices.push(splice);
      }
    });
    // One stroke may be in many sections, and is taken back by one, if the server can.
    let [place, size] = [splices[0]?.section, 0];
    for (const { section, at, deleted, inserted } of splices) {
      size += deleted + inserted.length;
      if (size > MOST_TAKEN_BACK) [place, size] = [section, 0];
      this.#live?.splice(section, at, deleted, inserted, place);
    }
  }
}

function endOfLast(changes: ChangeSet): number | undefined {
  let last: number | undefined;
  changes.iterChangedRanges((_fromA, _toA, _fromB, toB) => (last = toB));
  return last;
}
