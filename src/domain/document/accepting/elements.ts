import { partsOf } from '#domain/document/undo/saved-rows.ts';
import type { OpId } from './operations.ts';

/**
 * The ids of a text's elements, the deleted ones included. Who types takes one number after the
 * other, so that they are kept as runs: by actor, `[from, to)` after `[from, to)`, ascending.
 */
export class Elements {
  readonly #runs = new Map<string, number[]>();

  add(actor: string, counter: number): void {
    const runs = this.#runs.get(actor);
    if (runs === undefined) this.#runs.set(actor, [counter, counter + 1]);
    else if (runs.at(-1) === counter) runs[runs.length - 1] = counter + 1;
    else if (counter > runs.at(-1)!) runs.push(counter, counter + 1);
    else insert(runs, counter);
  }

  has(id: OpId): boolean {
    const [counter, actor] = partsOf(id);
    const runs = this.#runs.get(actor);
    return runs !== undefined && firstBeyond(runs, counter) % 2 === 1;
  }
}

/** How many of the ascending numbers are not above `value`. */
function firstBeyond(numbers: readonly number[], value: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Rows of a saved document come in the order of the text, not of their ids. */
function insert(runs: number[], counter: number): void {
  const at = firstBeyond(runs, counter);
  if (at % 2 === 1) return;
  const [joinsLeft, joinsRight] = [at > 0 && runs[at - 1] === counter, runs[at] === counter + 1];
  if (joinsLeft && joinsRight) runs.splice(at - 1, 2);
  else if (joinsLeft) runs[at - 1] = counter + 1;
  else if (joinsRight) runs[at] = counter;
  else runs.splice(at, 0, counter, counter + 1);
}
