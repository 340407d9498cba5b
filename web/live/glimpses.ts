import type { EditorView } from '@codemirror/view';
import type { LiveNews } from '#client/live-options.ts';
import { type OtherCaret, hideOther, others, showOther } from '#web/editor/others.ts';
import { colourOf } from './colours.ts';
import type { Person } from './desk-view.ts';
import {
  type PreviewedEdit,
  presenceBytes,
  presenceFrom,
  previewBytes,
  previewFrom,
} from './presence.ts';
import type { SectionMap } from './section-map.ts';
import type { SharedText } from './shared-text.ts';

/** The server drops what comes faster. */
const PAUSE_MS = 50;

type Ports = {
  readonly editor: EditorView;
  readonly name: string;
  readonly text: SharedText;
  readonly show: (kind: 'presence' | 'preview', data: Uint8Array) => void;
  readonly people: (people: readonly Person[]) => void;
  readonly say: (words: string) => void;
};

type Connected = Extract<LiveNews, { kind: 'connected' }>;
type Glimpse = Extract<LiveNews, { kind: 'glimpse' }>;

/** Where everybody is in the text and what they are typing: ours told, theirs shown. */
export class Glimpses {
  readonly #ports: Ports;
  #member = '';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isDue = false;
  #wasPreviewed = false;
  #people: readonly Person[] = [];

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  welcomed({ member, others }: Connected): void {
    this.#member = member;
    this.forget();
    for (const { session, member, presence } of others) {
      if (presence !== undefined) this.#saw(session, member, presence);
    }
    this.publish();
  }

  /** Nobody is seen without a connection. */
  forget(): void {
    this.#ports.editor.dispatch({ effects: hideOther.of(undefined) });
    this.#setPeople([]);
  }

  saw({ t, session, member, data }: Glimpse): void {
    if (t === 'presence') this.#saw(session, member, data);
    else this.#sawTyping(session, data);
  }

  left(session: string): void {
    const gone = this.#people.find((one) => one.session === session);
    this.#ports.editor.dispatch({ effects: hideOther.of(session) });
    this.#setPeople(this.#people.filter((one) => one !== gone));
    if (gone !== undefined) this.#ports.say(`${gone.name} left.`);
  }

  /** Tells the others where we are: at once, and then with pauses. */
  publish(): void {
    if (this.#timer !== undefined) {
      this.#isDue = true;
      return;
    }
    this.#publishNow();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isDue) return;
      this.#isDue = false;
      this.publish();
    }, PAUSE_MS);
  }

  #publishNow(): void {
    const { editor, text, name, show } = this.#ports;
    const { pending } = text;
    if (text.isHeld) return;
    const map = this.#mapBelow();
    const { anchor, head } = editor.state.selection.main;
    const from = map.placeOf(pending.below(anchor));
    const to = map.placeOf(pending.below(head));
    if (from === undefined || to === undefined) return;
    const presence = {
      name,
      colour: colourOf(this.#member),
      section: to.section,
      head: to.at,
      anchor: from.at,
      ...(from.section !== to.section && { anchorSection: from.section }),
    };
    show('presence', presenceBytes(presence));
    const edits = this.#previewed(map);
    if (edits.length > 0 || this.#wasPreviewed) show('preview', previewBytes(edits));
    this.#wasPreviewed = edits.length > 0;
  }

  #previewed(map: SectionMap): readonly PreviewedEdit[] {
    const edits: PreviewedEdit[] = [];
    this.#ports.text.pending.changes?.iterChanges((from, to, _fromB, _toB, text) => {
      const place = map.placeOf(from);
      if (place === undefined) return;
      edits.push({ ...place, deleted: to - from, text: text.sliceString(0) });
    });
    return edits;
  }

  /** The sections of the text that everybody has. */
  #mapBelow(): SectionMap {
    const { map, pending } = this.#ports.text;
    return map.moved((position) => pending.below(position));
  }

  #saw(session: string, member: string, data: Uint8Array): void {
    const presence = presenceFrom(data);
    if (presence === undefined) return;
    const { section, head, anchor, anchorSection = section } = presence;
    // Theirs may be somebody else's here.
    const colour = colourOf(member);
    const name = presence.name === '' ? 'Somebody' : presence.name;
    const [from, to] = [
      this.#positionOf({ section: anchorSection, at: anchor }),
      this.#positionOf({ section, at: head }),
    ];
    this.#met({ session, member, name, colour });
    if (from === undefined || to === undefined) return;
    const preview = this.#caretOf(session)?.preview ?? [];
    const caret = { session, member, name, colour, anchor: from, head: to, preview };
    this.#ports.editor.dispatch({ effects: showOther.of(caret) });
  }

  #sawTyping(session: string, data: Uint8Array): void {
    const caret = this.#caretOf(session);
    const shown = previewFrom(data);
    if (caret === undefined || shown === undefined) return;
    const preview = shown.edits.flatMap(({ section, at, deleted, text }) => {
      const from = this.#positionOf({ section, at });
      const to = this.#positionOf({ section, at: at + deleted });
      return from === undefined || to === undefined ? [] : [{ from, to, text }];
    });
    this.#ports.editor.dispatch({ effects: showOther.of({ ...caret, preview }) });
  }

  /** Where it is in our text, with what is pending in it; none beyond its end. */
  #positionOf(place: { readonly section: string; readonly at: number }): number | undefined {
    const position = this.#mapBelow().positionOf(place);
    if (position === undefined) return undefined;
    const { editor, text } = this.#ports;
    return Math.min(text.pending.above(position), editor.state.doc.length);
  }

  #caretOf(session: string): OtherCaret | undefined {
    return this.#ports.editor.state.field(others).get(session);
  }

  #met(person: Person): void {
    const known = this.#people.find(({ session }) => session === person.session);
    if (known?.name === person.name && known.colour === person.colour) return;
    if (known === undefined) this.#ports.say(`${person.name} is here.`);
    this.#setPeople([...this.#people.filter((one) => one !== known), person]);
  }

  #setPeople(people: readonly Person[]): void {
    this.#people = people;
    this.#ports.people(people);
  }
}
