import { test } from 'node:test';
import { seededRandom } from '#test/support/random.ts';
import { TwoSides } from './two-sides.ts';

// Two people write, cut, delete, undo and restore in a document and in a branch of it, which is
// merged again and again. `MERGE_RUNS=1000` is the long form; a failing run is repeated with the
// `SEED` it names.

const SEED = Number(process.env['SEED'] ?? 20_260_131);
const RUNS = Number(process.env['MERGE_RUNS'] ?? 25);

const ways = [
  { done: 'written, cut and deleted', also: {} },
  { done: 'written, cut, deleted, undone and redone', also: { undo: true } },
  { done: 'written, cut, deleted, undone and restored', also: { undo: true, restore: true } },
] as const;

for (const { done, also } of ways) {
  test(`of what is ${done} on both sides, a merge loses and doubles nothing`, () => {
    for (let seed = SEED; seed < SEED + RUNS; seed++) {
      const sides = new TwoSides(seededRandom(seed));
      try {
        for (let step = 0; step < 40; step++) sides.step(also);
      } catch (error) {
        const steps = sides.story.slice(-40).join('\n  ');
        throw new Error(`with SEED=${seed}, after\n  ${steps}\n${String(error)}`, { cause: error });
      }
    }
  });
}
