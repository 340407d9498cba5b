import type { ChangeSet } from '@codemirror/state';
import type { EditorView, ViewUpdate } from '@codemirror/view';
import type { LiveDocument } from '#client/live-document.ts';
import type { Heard } from '#client/live-options.ts';
import { isTyped } from '#web/editor/editor.ts';
import { byMember } from '#web/editor/others.ts';
import { changesBetween, changesOf } from '#web/editor/text-changes.ts';
import { Pending } from './pending.ts';
import { SectionMap } from './section-map.ts';

type Live = Pick<LiveDocument, 'sections' | 'splice'>;

/** The text in the editor and the sections of the live document, which are always the same. */
export class SharedText {
  readonly pending = new Pending();
  readonly #editor: EditorView;
  #map = SectionMap.of([]);
  #live: Live | undefined;

  constructor(editor: EditorView) {
    this.#editor = editor;
  }

  get map(): SectionMap {
    return this.#map;
  }

  begin(live: Live): void {
    this.#live = live;
    this.lookAgain();
  }

  /** What others did, and what the server did for us; shows where, if `isFollowed`. */
  heard({ member = '', splices }: Heard, isFollowed: boolean): void {
    if (splices === undefined) return this.lookAgain(member);
    const { changes, map } = changesOf(splices, this.#map, this.#editor.state.doc.length);
    this.#map = map;
    if (!changes.empty) this.#take(changes, member, isFollowed ? endOfLast(changes) : undefined);
  }

  /** Makes the editor's text the document's, where nobody told what is different. */
  lookAgain(member = ''): void {
    const sections = this.#live?.sections ?? [];
    // A copy that was given up comes back whole.
    if (sections.length === 0) return;
    this.#map = SectionMap.of(sections);
    const before = this.#editor.state.doc.toString();
    const after = sections.map(({ text }) => text).join('');
    const changes = this.#editor.state.changes(changesBetween(before, after));
    if (!changes.empty) this.#take(changes, member);
  }

  /** Answers whether anything was typed. */
  typed({ transactions }: ViewUpdate): boolean {
    const typed = transactions.filter(isTyped);
    for (const { changes } of typed) {
      this.pending.typed(changes);
      changes.iterChanges((fromA, toA, fromB, _toB, text) =>
        this.#write(fromB, toA - fromA, text.sliceString(0)),
      );
    }
    return typed.length > 0;
  }

  #take(changes: ChangeSet, member: string, cursor?: number): void {
    this.pending.heard(changes);
    this.#editor.dispatch({
      changes,
      annotations: byMember.of(member),
      ...(cursor !== undefined && { selection: { anchor: cursor }, scrollIntoView: true }),
    });
  }

  #write(at: number, deleted: number, inserted: string): void {
    for (const splice of this.#map.splicesOf(at, deleted, inserted)) {
      this.#map = this.#map.spliced(splice);
      this.#live?.splice(splice.section, splice.at, splice.deleted, splice.inserted);
    }
  }
}

function endOfLast(changes: ChangeSet): number | undefined {
  let last: number | undefined;
  changes.iterChangedRanges((_fromA, _toA, _fromB, toB) => (last = toB));
  return last;
}
