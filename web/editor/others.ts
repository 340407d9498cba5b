import {
  Annotation,
  type Range,
  StateEffect,
  StateField,
  type Transaction,
} from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, WidgetType } from '@codemirror/view';

/** Whoever has the document open beside us, as far as the text shows it. */
export type OtherCaret = {
  readonly session: string;
  readonly member: string;
  readonly name: string;
  readonly colour: number;
  readonly anchor: number;
  readonly head: number;
  /** What is being typed, and is not there yet. */
  readonly preview: readonly Previewed[];
};
type Previewed = { readonly from: number; readonly to: number; readonly text: string };

/** Whose edit it is that was not typed here. */
export const byMember = Annotation.define<string>();
export const showOther = StateEffect.define<OtherCaret>();
/** Without a session: all of them. */
export const hideOther = StateEffect.define<string | undefined>();

type Carets = ReadonlyMap<string, OtherCaret>;

export const others = StateField.define<Carets>({
  create: () => new Map(),
  update: (before, transaction) => {
    let now = transaction.docChanged ? moved(before, transaction) : before;
    for (const effect of transaction.effects) {
      if (effect.is(showOther)) now = new Map(now).set(effect.value.session, effect.value);
      if (effect.is(hideOther)) now = without(now, effect.value);
    }
    return now;
  },
  provide: (field) => EditorView.decorations.from(field, decorated),
});

const without = (carets: Carets, session: string | undefined): Carets =>
  new Map([...carets].filter(([one]) => session !== undefined && one !== session));

/** Text that somebody typed is in front of their own cursor, and is no preview any more. */
function moved(carets: Carets, transaction: Transaction): Carets {
  const { changes } = transaction;
  const author = transaction.annotation(byMember);
  return new Map(
    [...carets].map(([session, caret]) => {
      const isTheirs = caret.member === author;
      const side = isTheirs ? 1 : -1;
      const preview = isTheirs
        ? []
        : caret.preview.map(({ from, to, text }) => ({
            from: changes.mapPos(from, -1),
            to: changes.mapPos(to, 1),
            text,
          }));
      const anchor = changes.mapPos(caret.anchor, side);
      return [session, { ...caret, anchor, head: changes.mapPos(caret.head, side), preview }];
    }),
  );
}

function decorated(carets: Carets): DecorationSet {
  return Decoration.set([...carets.values()].flatMap(rangesOf), true);
}

function rangesOf({ name, colour, anchor, head, preview }: OtherCaret): Range<Decoration>[] {
  const [from, to] = [Math.min(anchor, head), Math.max(anchor, head)];
  const selected = Decoration.mark({ class: `selected-by person-${colour}` });
  const gone = Decoration.mark({ class: `deleted-by person-${colour}` });
  const caret = Decoration.widget({ widget: new CaretOf(name, colour), side: 2 });
  return [
    ...(from < to ? [selected.range(from, to)] : []),
    ...preview.flatMap(({ from, to, text }) => [
      ...(from < to ? [gone.range(from, to)] : []),
      ...(text === ''
        ? []
        : [Decoration.widget({ widget: new TypedBy(text, colour), side: 1 }).range(to)]),
    ]),
    caret.range(head),
  ];
}

/** What others do is said by the page's live region; in the text it would be read as part of it. */
const silent = (className: string, text: string): HTMLElement => {
  const element = document.createElement('span');
  element.className = className;
  element.textContent = text;
  element.setAttribute('aria-hidden', 'true');
  return element;
};

class CaretOf extends WidgetType {
  readonly #name: string;
  readonly #colour: number;

  constructor(name: string, colour: number) {
    super();
    [this.#name, this.#colour] = [name, colour];
  }

  override eq(other: CaretOf): boolean {
    return other.#name === this.#name && other.#colour === this.#colour;
  }

  toDOM(): HTMLElement {
    const caret = silent(`caret-of person-${this.#colour}`, '');
    caret.append(silent('caret-name', this.#name));
    return caret;
  }
}

class TypedBy extends WidgetType {
  readonly #text: string;
  readonly #colour: number;

  constructor(text: string, colour: number) {
    super();
    [this.#text, this.#colour] = [text, colour];
  }

  override eq(other: TypedBy): boolean {
    return other.#text === this.#text && other.#colour === this.#colour;
  }

  toDOM(): HTMLElement {
    return silent(`typed-by person-${this.#colour}`, this.#text);
  }
}
