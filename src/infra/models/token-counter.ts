import type { Message, Prompt, Tool } from '#domain/generation/prompt.ts';

/** Which tokenizer is nearest to a model's own. */
export type TokenizerName = 'o200k' | 'claude';

export type TokenCounter = {
  text(text: string): number;
  prompt(prompt: Prompt): number;
};

// Both tokenizers merge one unbroken run in time that grows with its square: 200,000 letters
// without a space take 10 to 20 seconds. In pieces they take milliseconds, and each cut adds a
// token at most.
const LONGEST_RUN = 256;
const longRun = new RegExp(`\\S{${LONGEST_RUN + 1},}|\\s{${LONGEST_RUN + 1},}`, 'u');
const pieces = new RegExp(`[^]{1,${LONGEST_RUN}}`, 'gu');

/** What a chat adds to its texts, as OpenAI describes it: tokens around each message, and the answer's start. */
const PER_MESSAGE = 4;
const PER_PROMPT = 3;
const PER_TOOL = 8;

const loading = new Map<TokenizerName, Promise<TokenCounter>>();

/** Loaded when it is asked for: each tokenizer is megabytes, and most processes need one at most. */
export async function tokenCounter(name: TokenizerName): Promise<TokenCounter> {
  const known = loading.get(name);
  if (known) return await known;
  const counter = (name === 'o200k' ? loadO200k() : loadClaude()).then(counterOf);
  loading.set(name, counter);
  return await counter;
}

/**
 * The text as a model would write it, a token at a time, and no longer than so many; `isWhole` says
 * whether that was all of it.
 */
export async function tokensOf(
  text: string,
  most: number,
): Promise<{ readonly pieces: readonly string[]; readonly isWhole: boolean }> {
  const { encode, decodeGenerator } = await import('gpt-tokenizer/encoding/o200k_base');
  const asText = { disallowedSpecial: new Set<string>() };
  const parts = longRun.test(text) ? (text.match(pieces) ?? []) : [text];
  const tokens = parts.flatMap((part) => encode(part, asText));
  let taken = 0;
  const counting = function* () {
    for (const token of tokens) {
      taken += 1;
      yield token;
    }
  };
  // A character may be several tokens, and comes with its last one. All are decoded, also those
  // beyond the limit: the library keeps half a character for whoever decodes next.
  const fitting: string[] = [];
  for (const piece of decodeGenerator(counting())) {
    if (taken <= most) fitting.push(piece);
  }
  return { pieces: fitting, isWhole: taken <= most };
}

type Count = (text: string) => number;

async function loadO200k(): Promise<Count> {
  const { countTokens } = await import('gpt-tokenizer/encoding/o200k_base');
  // What reads like a control token in somebody's text is text.
  const asText = { disallowedSpecial: new Set<string>() };
  return (text) => countTokens(text, asText);
}

async function loadClaude(): Promise<Count> {
  const [{ Tokenizer }, claude] = await Promise.all([
    import('ai-tokenizer'),
    import('ai-tokenizer/encoding/claude'),
  ]);
  const tokenizer = new Tokenizer(claude);
  return (text) => tokenizer.count(text);
}

function counterOf(count: Count): TokenCounter {
  const text: Count = (whole) => {
    if (!longRun.test(whole)) return count(whole);
    return (whole.match(pieces) ?? []).reduce((sum, piece) => sum + count(piece), 0);
  };
  const ofMessage = (message: Message): number => {
    const calls = message.role === 'assistant' ? (message.toolCalls ?? []) : [];
    const ofCalls = calls.map(({ name, arguments: given }) => PER_TOOL + text(name) + text(given));
    return PER_MESSAGE + text(message.content) + sum(ofCalls);
  };
  const ofTool = ({ name, description = '', parameters = {} }: Tool): number =>
    PER_TOOL + text(name) + text(description) + text(JSON.stringify(parameters));
  /** The same ones are counted before a call, for every model that may answer, and after it. */
  const counted = new WeakMap<readonly Message[], number>();
  const ofMessages = (messages: readonly Message[]): number => {
    const known = counted.get(messages) ?? sum(messages.map(ofMessage));
    counted.set(messages, known);
    return known;
  };
  return {
    text,
    prompt: ({ messages, tools = [], format }) =>
      PER_PROMPT +
      ofMessages(messages) +
      sum(tools.map(ofTool)) +
      (format?.type === 'json-schema' ? PER_TOOL + text(JSON.stringify(format.schema)) : 0),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
