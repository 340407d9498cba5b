import { measureManagers } from './measure-managers.ts';

// Plays the same scripts on Palimpsest and on Y.UndoManager, and counts how often what they show
// is not what the rule of undo says: `node main.ts [undo and redo steps] [first seed]`.

const [steps = '10000', seed = '1'] = process.argv.slice(2);
for (const { name, undos, afterUndo, other, scripts } of measureManagers(
  Number(steps),
  Number(seed),
)) {
  const share = ((100 * afterUndo) / undos).toFixed(2);
  console.log(
    `${name}: wrong after ${afterUndo} of ${undos} undo and redo steps (${share} %) and ${other} others, in ${scripts} scripts`,
  );
}
