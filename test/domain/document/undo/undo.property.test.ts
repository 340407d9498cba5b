import { test } from 'node:test';
import { seededRandom } from '#test/support/random.ts';
import { Scenario } from './scenario.ts';

// 3 people write, alone and at once, split, move, delete, restore, undo and redo. After every step
// the document must be what the oracle says. `UNDO_STEPS=10000` is the long form; a failing run is
// repeated with the `SEED` it names.

const SEED = Number(process.env['SEED'] ?? 20_260_131);
const STEPS = Number(process.env['UNDO_STEPS'] ?? 400);
const LENGTH = 60;

test('whoever undoes and redoes what, the document is what its groups in effect make of it', (t) => {
  let [undone, documents] = [0, 0];
  for (let seed = SEED; undone < STEPS; seed++, documents++) {
    const scenario = new Scenario(seededRandom(seed));
    try {
      for (let step = 0; step < LENGTH; step++) scenario.step();
    } catch (error) {
      const steps = scenario.story.slice(-12).join('\n  ');
      throw new Error(`with SEED=${seed}, after\n  ${steps}\n${String(error)}`, { cause: error });
    }
    undone += scenario.undone;
  }
  t.diagnostic(`${undone} undo and redo steps in ${documents} documents of ${LENGTH} steps each`);
});
