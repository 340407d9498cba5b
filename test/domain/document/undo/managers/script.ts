import { type Random, seededRandom } from '#test/support/random.ts';

/** What a person does next. Places are parts of a whole, so that every editor can take the script. */
export type Step = {
  readonly who: number;
  /** Having seen what the others did; else as of one's own last step. */
  readonly isFresh: boolean;
} & (
  | { readonly do: 'insert'; readonly place: number; readonly text: string }
  | { readonly do: 'delete'; readonly place: number; readonly count: number }
  | { readonly do: 'split'; readonly place: number }
  /** To what the document was after an earlier step. */
  | { readonly do: 'restore'; readonly place: number }
  | { readonly do: 'undo' | 'redo' }
);

export const PEOPLE = 3;
/** No two characters of a script are the same, so that each can be told from all others. */
export const BEGINNING = characters(0, 12);

export function script(seed: number, length: number): readonly Step[] {
  const random = seededRandom(seed);
  let written = BEGINNING.length;
  const newText = () => {
    const text = characters(written, 1 + random.below(4));
    written += text.length;
    return text;
  };
  return Array.from({ length }, () => someStep(random, newText));
}

function someStep(random: Random, newText: () => string): Step {
  const [who, place] = [random.below(PEOPLE), random.next()];
  const dice = random.below(40);
  const isFresh = random.below(2) === 0;
  if (dice < 10) return { who, isFresh, place, do: 'insert', text: newText() };
  if (dice < 17) return { who, isFresh, place, do: 'delete', count: 1 + random.below(5) };
  if (dice < 19) return { who, isFresh: true, place, do: 'split' };
  if (dice === 19) return { who, isFresh: true, place, do: 'restore' };
  return { who, isFresh: true, do: dice < 30 ? 'undo' : 'redo' };
}

function characters(from: number, count: number): string {
  return Array.from({ length: count }, (_, n) => String.fromCharCode(0x4e_00 + from + n)).join('');
}
