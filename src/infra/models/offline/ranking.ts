import { termsOf } from './words.ts';

// BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009), with the logarithm
// that Lucene uses, which is never negative.
const K1 = 1.2;
const B = 0.75;
// TextRank (Mihalcea and Tarau, 2004) over BM25 as the similarity of two sentences (Barrios et al.,
// Variations of the Similarity Function of TextRank, 2016).
const DAMPING = 0.85;
const ROUNDS = 30;
/** The graph grows with the square of its sentences: of longer texts only some get into it. */
const MOST_SENTENCES = 200;
const COMMON_TERMS = 50;
/** Two sentences that share so many of their terms say the same. */
const SAME = 0.8;

type Ranked = { readonly index: number; readonly score: number };

/** How well each sentence fits the query, best first; what has no term of it is left out. */
export function fitting(sentences: readonly string[], query: string): Ranked[] {
  const score = bm25(sentences.map(termsOf));
  const terms = [...new Set(termsOf(query))];
  return sentences
    .map((_, index) => ({ index, score: score(terms, index) }))
    .filter(({ score }) => score > 0)
    .toSorted(bestFirst);
}

/** The indexes of the sentences that say most of what the text says, in the text's order. */
export function central(sentences: readonly string[], count: number): number[] {
  const all = sentences.map((_, index) => index);
  const isLong = sentences.length > MOST_SENTENCES;
  return mostCentral(sentences, isLong ? aboutTheWhole(sentences) : all, count);
}

/** Those that hold most of the words that the text holds most often. */
function aboutTheWhole(sentences: readonly string[]): number[] {
  const terms = sentences.map(termsOf);
  const common = [...countsOf(terms.flat())]
    .toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, COMMON_TERMS)
    .map(([term]) => term);
  const score = bm25(terms);
  return terms
    .map((_, index) => ({ index, score: score(common, index) }))
    .toSorted(bestFirst)
    .slice(0, MOST_SENTENCES)
    .map(({ index }) => index)
    .toSorted((a, b) => a - b);
}

function mostCentral(all: readonly string[], among: readonly number[], count: number): number[] {
  const terms = among.map((index) => termsOf(all[index] ?? ''));
  const ranked = textRank(terms)
    .map((score, index) => ({ index, score }))
    .toSorted(bestFirst);
  const chosen: number[] = [];
  for (const { index } of ranked) {
    if (chosen.length >= count) break;
    const isNew = chosen.every((other) => overlap(terms[index] ?? [], terms[other] ?? []) < SAME);
    if (isNew) chosen.push(index);
  }
  return chosen.map((index) => among[index] ?? 0).toSorted((a, b) => a - b);
}

function textRank(terms: readonly (readonly string[])[]): number[] {
  const similar = bm25(terms);
  const weights = terms.map((own, from) =>
    terms.map((_, to) => (from === to ? 0 : similar([...new Set(own)], to))),
  );
  const sums = weights.map((row) => row.reduce((sum, weight) => sum + weight, 0));
  let scores = terms.map(() => 1);
  for (let round = 0; round < ROUNDS; round += 1) {
    scores = scores.map((_, to) => {
      const given = scores.reduce((sum, score, from) => {
        const weight = weights[from]?.[to] ?? 0;
        return weight === 0 ? sum : sum + (weight / (sums[from] ?? 1)) * score;
      }, 0);
      return 1 - DAMPING + DAMPING * given;
    });
  }
  return scores;
}

/** Answers how well one of the sentences fits some terms. */
function bm25(sentences: readonly (readonly string[])[]) {
  const counts = sentences.map(countsOf);
  const average = sentences.reduce((sum, { length }) => sum + length, 0) / sentences.length;
  const holding = new Map<string, number>();
  for (const one of counts) {
    for (const term of one.keys()) holding.set(term, (holding.get(term) ?? 0) + 1);
  }
  const rarity = (term: string): number => {
    const count = holding.get(term) ?? 0;
    return Math.log(1 + (sentences.length - count + 0.5) / (count + 0.5));
  };
  return (query: readonly string[], index: number): number => {
    const length = sentences[index]?.length ?? 0;
    const norm = K1 * (1 - B + (B * length) / average);
    return query.reduce((sum, term) => {
      const count = counts[index]?.get(term) ?? 0;
      return count === 0 ? sum : sum + (rarity(term) * count * (K1 + 1)) / (count + norm);
    }, 0);
  };
}

function countsOf(terms: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}

/** How much of the shorter one the other has. */
function overlap(one: readonly string[], other: readonly string[]): number {
  const [a, b] = [new Set(one), new Set(other)];
  const shared = [...a].filter((term) => b.has(term)).length;
  return shared / Math.max(1, Math.min(a.size, b.size));
}

/** The same for the same input, whatever the engine: equals stay in the text's order. */
const bestFirst = (a: Ranked, b: Ranked): number => b.score - a.score || a.index - b.index;
