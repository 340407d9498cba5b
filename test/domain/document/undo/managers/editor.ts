/** A document that several people edit, each seeing it as of the last time they caught up. */
export type Editor = {
  readonly name: string;
  readonly catchUp: (who: number) => void;
  readonly view: (who: number) => string;
  readonly shown: () => string;
  readonly insert: (who: number, at: number, text: string) => void;
  readonly remove: (who: number, at: number, count: number) => void;
  /** Cuts a section in two. */
  readonly split: (who: number, at: number) => void;
  /** To what was shown after the step with this number. */
  readonly restore: (who: number, step: number) => void;
  /** One's own last group of edits. */
  readonly undo: (who: number) => void;
  readonly redo: (who: number) => void;
  /** The next step begins. */
  readonly remember: () => void;
};
