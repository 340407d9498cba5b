import type { Editor } from './editor.ts';
import { BEGINNING, PEOPLE, type Step } from './script.ts';

type Group = { readonly who: number; undone: boolean; isFinal: boolean };
type Act = { readonly group: Group; readonly isThere: boolean };

/** How often what an editor shows differs from the rule of undo where it did not before. */
export type Violations = {
  readonly undos: number;
  readonly afterUndo: number;
  readonly other: number;
};

/**
 * Plays a script. By the rule, a character is there when the last that was done to it, by a group
 * in effect, was to type it or to bring it back.
 */
export function violationsIn(steps: readonly Step[], editor: Editor): Violations {
  const rule = new Rule();
  let wrong = new Set<string>();
  let [undos, afterUndo, other] = [0, 0, 0];
  for (const [index, step] of steps.entries()) {
    editor.remember();
    if (step.isFresh) editor.catchUp(step.who);
    const isUndo = step.do === 'undo' || step.do === 'redo';
    const isDone = isUndo
      ? undoing(step.who, step.do, editor, rule)
      : editing(step, index, editor, rule);
    if (!isDone) continue;
    editor.catchUp(step.who);
    const now = rule.wrongIn(editor.shown());
    const isWorse = [...now].some((character) => !wrong.has(character));
    if (isUndo) undos++;
    if (isWorse && isUndo) afterUndo++;
    else if (isWorse) other++;
    wrong = now;
  }
  return { undos, afterUndo, other };
}

function undoing(who: number, what: 'undo' | 'redo', editor: Editor, rule: Rule): boolean {
  const group = what === 'undo' ? rule.lastOf(who) : rule.lastUndoneOf(who);
  if (group === undefined) return false;
  rule.settle(group, what === 'undo');
  editor[what](who);
  return true;
}

function editing(step: Step, index: number, editor: Editor, rule: Rule): boolean {
  const { who } = step;
  const view = editor.view(who);
  if (step.do === 'insert') {
    rule.edit(who, step.text, '');
    editor.insert(who, Math.floor(step.place * (view.length + 1)), step.text);
    return true;
  }
  if (step.do === 'restore') {
    const to = Math.floor(step.place * (index + 1));
    const before = editor.shown();
    editor.restore(who, to);
    const after = editor.shown();
    if (before !== after) rule.edit(who, less(after, before), less(before, after));
    return before !== after;
  }
  if (view === '') return false;
  if (step.do === 'split') {
    editor.split(who, Math.floor(step.place * view.length));
    rule.goesOn(who);
    return true;
  }
  if (step.do !== 'delete') return false;
  const at = Math.floor(step.place * view.length);
  const shown = editor.shown();
  const gone = view.slice(at, at + step.count);
  editor.remove(who, at, gone.length);
  // Who deletes what is gone already does nothing.
  const meant = Array.from(gone)
    .filter((character) => shown.includes(character))
    .join('');
  if (meant !== '') rule.edit(who, '', meant);
  return true;
}

const less = (text: string, other: string): string =>
  Array.from(text)
    .filter((character) => !other.includes(character))
    .join('');

class Rule {
  readonly #acts = new Map<string, Act[]>();
  readonly #groups: Group[] = [];
  readonly #undone: Group[] = [];

  constructor() {
    const ground = { who: PEOPLE, undone: false, isFinal: false };
    for (const character of BEGINNING)
      this.#acts.set(character, [{ group: ground, isThere: true }]);
  }

  edit(who: number, comes: string, goes: string): void {
    this.goesOn(who);
    const group = { who, undone: false, isFinal: false };
    this.#groups.push(group);
    for (const [text, isThere] of [
      [comes, true],
      [goes, false],
    ] as const) {
      for (const character of text) {
        const acts = this.#acts.get(character) ?? [];
        this.#acts.set(character, [...acts, { group, isThere }]);
      }
    }
  }

  /** Whoever goes on has nothing to redo. */
  goesOn(who: number): void {
    for (const group of this.#undone) if (group.who === who) group.isFinal = true;
  }

  lastOf = (who: number) => this.#groups.findLast((group) => group.who === who && !group.undone);
  lastUndoneOf = (who: number) =>
    this.#undone.findLast((group) => group.who === who && group.undone && !group.isFinal);

  settle(group: Group, undone: boolean): void {
    group.undone = undone;
    if (undone) this.#undone.push(group);
    else this.#undone.splice(this.#undone.lastIndexOf(group), 1);
  }

  wrongIn(shown: string): Set<string> {
    const times = new Map<string, number>();
    for (const character of shown) times.set(character, (times.get(character) ?? 0) + 1);
    const wrong = new Set<string>();
    for (const [character, acts] of this.#acts) {
      const isThere = acts.findLast(({ group }) => !group.undone)?.isThere === true;
      if ((times.get(character) ?? 0) !== Number(isThere)) wrong.add(character);
    }
    return wrong;
  }
}
