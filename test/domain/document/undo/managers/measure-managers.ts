import type { Editor } from './editor.ts';
import { type Violations, violationsIn } from './measure.ts';
import { palimpsestEditor } from './palimpsest-editor.ts';
import { BEGINNING, script } from './script.ts';
import { yjsEditor } from './yjs-editor.ts';

/** Of a document's life; longer ones would only mix what went wrong early into all that follows. */
const SCRIPT_LENGTH = 80;

type Measured = Violations & { readonly name: string; readonly scripts: number };

/** The same scripts for each, until Palimpsest has undone and redone `steps` times. */
export function measureManagers(steps: number, seed: number): readonly Measured[] {
  const palimpsest = measure(palimpsestEditor, seed, ({ undos }) => undos >= steps);
  const yjs = measure(yjsEditor, seed, ({ scripts }) => scripts >= palimpsest.scripts);
  return [palimpsest, yjs];
}

function measure(
  editorOf: (beginning: string) => Editor,
  seed: number,
  isEnough: (measured: Measured) => boolean,
): Measured {
  let measured: Measured = { name: '', undos: 0, afterUndo: 0, other: 0, scripts: 0 };
  while (!isEnough(measured)) {
    const editor = editorOf(BEGINNING);
    const found = violationsIn(script(seed + measured.scripts, SCRIPT_LENGTH), editor);
    measured = {
      name: editor.name,
      undos: measured.undos + found.undos,
      afterUndo: measured.afterUndo + found.afterUndo,
      other: measured.other + found.other,
      scripts: measured.scripts + 1,
    };
  }
  return measured;
}
