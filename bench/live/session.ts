import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { textOf } from '../system.ts';
import { SectionedText } from './sectioned-text.ts';

/** One keystroke, or a part of one that reached over a section's end. */
export type Edit = {
  readonly section: number;
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
  /** The same place in the whole text. */
  readonly position: number;
  /** Set on the two edits that move a section's second half to a new one. */
  readonly cut?: 'from' | 'to';
};

/** What one person typed: until the document had its size, and the edits that are measured. */
export type Session = {
  readonly history: readonly Edit[];
  readonly edits: readonly Edit[];
  /** Characters that were typed in the history, the deleted ones included. */
  readonly typed: number;
  /** The sections in their order, and the text after so many of the measured edits. */
  readonly order: readonly number[];
  textAfter(edits: number): string;
};

type Patch = readonly [at: number, remove: number, insert: string];

/** A keystroke that needs a cut within the measured edits would not be the same for every system. */
const NEVER = Number.POSITIVE_INFINITY;

/** Types until the document has so many characters, or all that was recorded, cut into sections of at most `longest`. */
export async function sessionOf(chars: number, longest: number, edits: number): Promise<Session> {
  const keystrokes = await recorded();
  const text = new SectionedText();
  const history: Edit[] = [];
  let typed = 0;
  let next = 0;
  for (; text.length < chars && next < keystrokes.length - edits; next++) {
    const [at, remove, insert] = keystroke(keystrokes, next);
    history.push(...text.splice(at, remove, insert, longest));
    typed += insert.length;
  }
  const before = text.copy();
  const measured: Edit[] = [];
  while (measured.length < edits) {
    measured.push(...text.splice(...keystroke(keystrokes, next++), NEVER));
  }
  return {
    history,
    edits: measured.slice(0, edits),
    typed,
    order: before.order,
    textAfter: (count) => {
      const after = before.copy();
      for (const edit of measured.slice(0, count)) after.apply(edit);
      return after.toString();
    },
  };
}

function keystroke(keystrokes: readonly Patch[], index: number): Patch {
  const found = keystrokes[index];
  if (found === undefined) throw new Error('The recorded session is too short for these sizes.');
  return found;
}

/** `PALIMPSEST_DATA` or `../shared/data` beside the project: github.com/josephg/editing-traces, CC BY 4.0. */
async function recorded(): Promise<readonly Patch[]> {
  const data = process.env['PALIMPSEST_DATA'] ?? join(import.meta.dirname, '../../../shared/data');
  const file = join(data, 'traces', 'automerge-paper.json.gz');
  try {
    const { txns } = JSON.parse(gunzipSync(await readFile(file)).toString()) as {
      readonly txns: readonly { readonly patches: readonly Patch[] }[];
    };
    return txns.flatMap(({ patches }) => patches);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    process.stderr.write(
      `There is no ${file} (set PALIMPSEST_DATA): the text is generated, and its figures are not those of a recorded session.\n`,
    );
    return generated();
  }
}

/** Words at the end, one in eleven characters taken back: enough for the largest document. */
function generated(): readonly Patch[] {
  const patches: Patch[] = [];
  let length = 0;
  for (let index = 0; length < 110_000; index++) {
    for (const character of `${textOf(index)}\n`) {
      if (patches.length % 11 === 10) patches.push([--length, 1, '']);
      else patches.push([length++, 0, character]);
    }
  }
  return patches;
}
