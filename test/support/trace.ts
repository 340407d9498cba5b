import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Patch, Trace } from '#api/cli/import/trace-file.ts';
import { seededRandom } from './random.ts';

const CHARACTERS = ['a', 'b', ' ', '\n', 'é', '漢', '𝒳', '👩‍👩‍👧', '\r\n', '# ', '\n## h\n', '\uFEFF'];

/** A session of so many txns, whose characters are of every length in UTF-8 and in UTF-16. */
export function randomTrace(seed: number, txns: number, hugeAt = -1): Trace {
  const random = seededRandom(seed);
  const upTo = (limit: number) => random.below(limit);
  const startContent = 'Start 𝒳\r\n';
  let text = Array.from(startContent);
  const patchOf = (inserted: string): Patch => {
    const at = upTo(text.length + 1);
    const deleted = random.next() < 0.4 ? Math.min(text.length - at, upTo(20)) : 0;
    text = [...text.slice(0, at), ...Array.from(inserted), ...text.slice(at + deleted)];
    return [at, deleted, inserted];
  };
  const words = () => Array.from({ length: upTo(12) }, () => CHARACTERS[upTo(CHARACTERS.length)]);
  const all = Array.from({ length: txns }, (_, txn) => {
    const patches = Array.from({ length: 1 + upTo(3) }, () => patchOf(words().join('')));
    if (txn === hugeAt) patches.push(patchOf('one long line 𝒳 '.repeat(4_700)));
    return { patches };
  });
  return { startContent, endContent: text.join(''), txns: all };
}

export async function traceFile(directory: string, name: string, trace: Trace): Promise<string> {
  const path = join(directory, `${name}.json`);
  await writeFile(path, JSON.stringify(trace));
  return path;
}
