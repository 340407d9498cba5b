import { type Passage, passagesIn, withoutPassages } from '#domain/generation/context-block.ts';
import type { Prompt } from '#domain/generation/prompt.ts';
import { sentencesOf } from './words.ts';

/** What is wanted, and of which text. */
export type Task = {
  readonly kind: 'summarise' | 'shorten' | 'continue' | 'answer';
  /** What it is asked for: the question, or the instruction. */
  readonly asked: string;
  /** The text that it is about, if one stands in the request itself. */
  readonly text: string;
  readonly passages: readonly Passage[];
};

const verbs: readonly (readonly [Exclude<Task['kind'], 'answer'>, RegExp])[] = [
  ['summarise', /\b(?:summari[sz]e|summary|sum up|tl;?dr|key points|fasse|zusammenfass\w*)\b/i],
  ['continue', /\b(?:continue|carry on|go on|write on|complete the (?:text|paragraph))\b/i],
  ['shorten', /\b(?:shorten|shorter|condense|rewrite|rephrase|tighten)\b/i],
];
/** An instruction is short, and ends with a colon or its line. */
const instruction = /^[^\n]{1,300}?(?::\s|:?\n|$)/;

/** Reads the request as this model can follow it; who asks for nothing it knows is asking a question. */
export function taskOf({ messages }: Prompt): Task {
  const last = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  const passages = messages.flatMap(({ role, content }) =>
    role === 'user' || role === 'system' || role === 'tool' ? passagesIn(content) : [],
  );
  const words = withoutPassages(last);
  const [first = ''] = instruction.exec(words) ?? [];
  const told = messages.filter(({ role }) => role === 'system').map(({ content }) => content);

  const byUser = kindOf(first);
  if (byUser !== undefined) {
    return { kind: byUser, asked: first, text: words.slice(first.length).trim(), passages };
  }
  const bySystem = kindOf(withoutPassages(told.join('\n')));
  if (bySystem !== undefined)
    return { kind: bySystem, asked: told.join(' '), text: words, passages };
  return question(words, passages, earlierTexts(messages));
}

const kindOf = (words: string) => verbs.find(([, verb]) => verb.test(words))?.[0];

/** The last question that is asked; what stands around it is what it may be answered from. */
function question(words: string, passages: readonly Passage[], earlier: readonly Passage[]): Task {
  const sentences = sentencesOf(words);
  const asked = sentences.findLast((sentence) => sentence.endsWith('?')) ?? words;
  const text = sentences.filter((sentence) => sentence !== asked).join(' ');
  return {
    kind: 'answer',
    asked,
    text: asked === words ? '' : text,
    passages: [...passages, ...earlier],
  };
}

/** What was said before can be asked about, except this model's own apologies. */
const earlierTexts = (messages: Prompt['messages']): Passage[] =>
  messages
    .slice(
      0,
      messages.findLastIndex(({ role }) => role === 'user'),
    )
    .flatMap(({ role, content }) =>
      role === 'user' || role === 'tool'
        ? [{ source: 'earlier in this conversation', text: withoutPassages(content) }]
        : [],
    );
