// Aho and Corasick, "Efficient string matching" (1975): all phrases are found in one pass, in time
// that does not depend on how many there are.

/** Every phrase by its UTF-16 code units, with where to go on when the next unit does not fit. */
export type PhraseTree = {
  /** The node behind this one on this unit; 0 is the root. */
  readonly step: (node: number, unit: number) => number;
  /** How many units this node stands for: what a phrase may have begun with. */
  readonly depthOf: (node: number) => number;
  /** The longest shorter beginning that this node ends with. */
  readonly fallback: (node: number) => number;
  /** Phrases that end at this node, longest first. */
  readonly endingAt: (node: number) => readonly number[];
};

const none: readonly number[] = [];
const UNITS = 0x10000;

export function phraseTree(phrases: readonly string[]): PhraseTree {
  const edges = new Map<number, number>();
  const depths = [0];
  const parents = [0];
  const units = [0];
  const own = new Map<number, number[]>();

  for (const [phrase, text] of phrases.entries()) {
    if (text === '') continue;
    let node = 0;
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      const edge = node * UNITS + unit;
      const known = edges.get(edge);
      if (known === undefined) {
        edges.set(edge, depths.length);
        parents.push(node);
        units.push(unit);
        depths.push(index + 1);
      }
      node = known ?? depths.length - 1;
    }
    own.set(node, [...(own.get(node) ?? []), phrase]);
  }

  const fallbacks = new Int32Array(depths.length);
  const endings = new Map<number, readonly number[]>();
  const step = (from: number, unit: number): number => {
    let node = from;
    for (;;) {
      const next = edges.get(node * UNITS + unit);
      if (next !== undefined) return next;
      if (node === 0) return 0;
      node = fallbacks[node]!;
    }
  };
  // Nearest the root first: a node's fallback is always nearer to it.
  const nodes = [...depths.keys()].slice(1).sort((a, b) => depths[a]! - depths[b]!);
  for (const node of nodes) {
    const parent = parents[node]!;
    if (parent !== 0) fallbacks[node] = step(fallbacks[parent]!, units[node]!);
    const all = [...(own.get(node) ?? none), ...(endings.get(fallbacks[node]!) ?? none)];
    if (all.length > 0) endings.set(node, all);
  }

  return {
    step,
    depthOf: (node) => depths[node]!,
    fallback: (node) => fallbacks[node]!,
    endingAt: (node) => endings.get(node) ?? none,
  };
}
