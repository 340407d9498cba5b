/** What others did to the text of a section; offsets are UTF-16 code units. */
export type TextSplice = {
  readonly section: string;
  readonly at: number;
  readonly deleted: number;
  readonly inserted: string;
};

type Patch = {
  readonly action: string;
  readonly path: readonly (string | number)[];
  readonly value?: unknown;
  readonly length?: number | undefined;
};

/**
 * Each is read against the result of the ones before it. `undefined` where sections came, went or
 * moved: then all of them are to be looked at again.
 */
export function textSplices(patches: readonly Patch[]): readonly TextSplice[] | undefined {
  const splices: TextSplice[] = [];
  for (const { action, path, value, length = 1 } of patches) {
    const [root, section, field, at] = path;
    if (root !== 'sections') continue;
    if (typeof section !== 'string' || field !== 'text' || typeof at !== 'number') return undefined;
    if (action === 'del') splices.push({ section, at, deleted: length, inserted: '' });
    else if (action === 'splice' && typeof value === 'string') {
      splices.push({ section, at, deleted: 0, inserted: value });
    } else return undefined;
  }
  return splices;
}
