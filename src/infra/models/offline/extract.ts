import { central, fitting } from './ranking.ts';
import type { Task } from './task.ts';
import { sentencesOf } from './words.ts';

/** An answer before it is written: sentences that somebody else wrote, best first or in order. */
export type Extract = {
  /** Stands before the first sentence. */
  readonly opening: string;
  readonly sentences: readonly string[];
  readonly sources: readonly string[];
};

type Sentence = { readonly text: string; readonly source: string };

const MOST_ANSWERING = 3;
const MOST_CONTINUING = 3;
/** A sentence that fits so much worse than the best one is about something else. */
const SHARE_OF_BEST = 0.4;

const INTRODUCTION = 'This is the offline model, which only repeats what it was given.';

export function extractFor(task: Task): Extract {
  switch (task.kind) {
    case 'summarise':
      return condense(task, (count) => Math.min(7, Math.ceil(count / 5)));
    case 'shorten':
      return condense(task, (count) => Math.ceil(count * 0.6));
    case 'continue':
      return goOn(task);
    case 'answer':
      return answer(task);
  }
}

function condense(task: Task, usual: (count: number) => number): Extract {
  const all = materialOf(task);
  if (all.length === 0) return nothing('It found no text to work on.');
  const texts = all.map(({ text }) => text);
  const wanted = wantedSentences(task.asked) ?? usual(all.length);
  const chosen = central(texts, Math.max(1, wanted));
  return { opening: '', ...written(chosen.map((index) => all[index]!)) };
}

/** What the passages know about where the text has got to; without any, what the text comes to. */
function goOn(task: Task): Extract {
  const own = sentencesOf(task.text);
  if (own.length === 0) return nothing('It found no text to go on with.');
  const known = new Set(own);
  const others = materialOf({ ...task, text: '' }).filter(({ text }) => !known.has(text));
  const end = own.slice(-2).join(' ');
  const best = fitting(
    others.map(({ text }) => text),
    end,
  ).slice(0, MOST_CONTINUING);
  if (best.length > 0) return { opening: '', ...written(best.map(({ index }) => others[index]!)) };
  const chosen = central(own, 2).map((index) => ({ text: own[index]!, source: '' }));
  return { opening: 'In short: ', ...written(chosen) };
}

function answer(task: Task): Extract {
  const all = materialOf(task);
  if (all.length === 0) {
    return nothing(
      'There is no text here from which it could answer; put one beside the question.',
    );
  }
  const texts = all.map(({ text }) => text);
  const [best, ...others] = fitting(texts, task.asked);
  if (best === undefined) return nothing('The text that it was given says nothing about this.');
  const good = [best, ...others.filter(({ score }) => score >= best.score * SHARE_OF_BEST)];
  const opening = 'From the text that was given (offline model): ';
  const chosen = good.slice(0, MOST_ANSWERING).map(({ index }) => all[index]!);
  return { opening, ...written(chosen) };
}

const nothing = (why: string): Extract => ({
  opening: '',
  sentences: [INTRODUCTION, why],
  sources: [],
});

const materialOf = ({ text, passages }: Task): Sentence[] =>
  [...passages, { source: '', text }].flatMap(({ source, text }) =>
    sentencesOf(text).map((sentence) => ({ text: sentence, source })),
  );

const written = (chosen: readonly Sentence[]) => ({
  sentences: chosen.map(({ text }) => text),
  sources: [...new Set(chosen.flatMap(({ source }) => (source === '' ? [] : [source])))],
});

const numerals = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

/** `in two sentences`, `3 key points`. */
function wantedSentences(asked: string): number | undefined {
  const [, count = ''] =
    /\b(\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)\s+(?:\w+\s+)?(?:sentences?|points?|lines?)\b/i.exec(
      asked,
    ) ?? [];
  if (count === '') return undefined;
  return /^\d/.test(count) ? Number(count) : numerals.indexOf(count.toLowerCase()) + 1;
}
