import { defaultKeymap } from '@codemirror/commands';
import { markdown, markdownKeymap } from '@codemirror/lang-markdown';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Compartment, EditorState, type Transaction } from '@codemirror/state';
import { EditorView, type ViewUpdate, keymap } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { byMember, others } from './others.ts';

export type EditorPorts = {
  readonly update: (update: ViewUpdate) => void;
  readonly undo: () => void;
  readonly redo: () => void;
  /** Whether what is typed may go in; says why not. */
  readonly admits: (at: number, inserted: string) => boolean;
};

const readOnly = new Compartment();

/** The editor of a whole document. It keeps no history: what is undone, the server knows. */
export function documentEditor(ports: EditorPorts): EditorView {
  const run = (command: () => void) => () => {
    command();
    return true;
  };
  const nonce = document.querySelector<HTMLElement>('meta[name=style-nonce]')?.nonce ?? '';
  return new EditorView({
    extensions: [
      // Documents may hold `\r`, which is a character like any other there.
      EditorState.lineSeparator.of('\n'),
      EditorView.cspNonce.of(nonce),
      EditorView.lineWrapping,
      EditorView.clipboardInputFilter.of((text) =>
        text.replaceAll(/\r\n?/g, '\n').replaceAll('\0', '').toWellFormed(),
      ),
      EditorView.contentAttributes.of({
        'aria-label': 'Text of the document, in Markdown',
        'aria-describedby': 'keys',
        spellcheck: 'true',
        autocapitalize: 'sentences',
      }),
      EditorView.domEventHandlers({
        // The browser's own menu: its history knows nothing of the others.
        beforeinput: ({ inputType }) => {
          if (inputType !== 'historyUndo' && inputType !== 'historyRedo') return false;
          (inputType === 'historyUndo' ? ports.undo : ports.redo)();
          return true;
        },
      }),
      keymap.of([
        { key: 'Mod-z', run: run(ports.undo), preventDefault: true },
        { key: 'Mod-Shift-z', run: run(ports.redo), preventDefault: true },
        { key: 'Mod-y', run: run(ports.redo), preventDefault: true },
        ...markdownKeymap,
        ...defaultKeymap,
      ]),
      markdown(),
      syntaxHighlighting(look),
      readOnly.of(EditorState.readOnly.of(true)),
      EditorState.transactionFilter.of((transaction) =>
        isTyped(transaction) && !isAdmitted(transaction, ports) ? [] : transaction,
      ),
      others,
      EditorView.updateListener.of(ports.update),
    ],
  });
}

export const isTyped = (transaction: Transaction): boolean =>
  transaction.docChanged && transaction.annotation(byMember) === undefined;

export const allowTyping = (view: EditorView, isAllowed: boolean): void => {
  if (view.state.readOnly !== isAllowed) return;
  view.dispatch({ effects: readOnly.reconfigure(EditorState.readOnly.of(!isAllowed)) });
};

function isAdmitted({ changes }: Transaction, { admits }: EditorPorts): boolean {
  let isAdmitted = true;
  changes.iterChanges((at, _toA, _fromB, _toB, text) => {
    isAdmitted &&= admits(at, text.sliceString(0));
  });
  return isAdmitted;
}

const look = HighlightStyle.define([
  { tag: tags.heading1, class: 'md-heading md-heading-1' },
  { tag: tags.heading2, class: 'md-heading md-heading-2' },
  { tag: tags.heading, class: 'md-heading' },
  { tag: tags.strong, class: 'md-strong' },
  { tag: tags.emphasis, class: 'md-emphasis' },
  { tag: tags.strikethrough, class: 'md-strikethrough' },
  { tag: tags.monospace, class: 'md-code' },
  { tag: [tags.link, tags.url], class: 'md-link' },
  { tag: tags.quote, class: 'md-quote' },
  { tag: [tags.processingInstruction, tags.contentSeparator], class: 'md-mark' },
]);
