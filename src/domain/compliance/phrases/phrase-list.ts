import { fold, foldText } from './fold.ts';
import { type PhraseTree, phraseTree } from './phrase-tree.ts';

/** A phrase as it is looked for. */
export type Phrase = {
  /** Which rule it belongs to. */
  readonly rule: number;
  readonly plain: string;
  /** What the tree finds it by, look-alikes read as Latin. */
  readonly latin: string;
  /** Whether a word beside its first or last character makes it part of another word. */
  readonly needsStart: boolean;
  readonly needsEnd: boolean;
};

export type PhraseList = { readonly phrases: readonly Phrase[]; readonly tree: PhraseTree };

/** Made once for each version of a policy. `lists[n]` are the phrases of rule n. */
export function phraseList(lists: readonly (readonly string[])[]): PhraseList {
  const known = new Map<string, Phrase>();
  for (const [rule, entries] of lists.entries()) {
    for (const entry of entries) {
      const { plain, latin } = foldText(entry);
      // Listed twice it would be found twice.
      if (plain !== '') known.set(`${rule}\0${plain}`, { rule, plain, latin, ...edgesOf(entry) });
    }
  }
  const phrases = [...known.values()];
  return { phrases, tree: phraseTree(phrases.map(({ latin }) => latin)) };
}

function edgesOf(entry: string): Pick<Phrase, 'needsStart' | 'needsEnd'> {
  const visible = Array.from(entry.trim(), (one) => fold(one.codePointAt(0)!));
  const [first, last] = [visible[0], visible.at(-1)];
  return {
    needsStart: first !== undefined && first.isWord && !first.isUnspaced,
    needsEnd: last !== undefined && last.isWord && !last.isUnspaced,
  };
}
