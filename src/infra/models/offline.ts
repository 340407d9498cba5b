import type { Attempt, ModelProvider } from '#commands/generation/model-port.ts';
import { ModelError } from '#domain/generation/model-error.ts';
import type { Prompt, Wish } from '#domain/generation/prompt.ts';
import { type AdapterPorts, type RawPart, runAttempt } from './attempt.ts';
import { type Extract, extractFor } from './offline/extract.ts';
import { filledFrom } from './offline/json-answer.ts';
import { taskOf } from './offline/task.ts';
import { timeLimits } from './patience.ts';
import { type TokenCounter, tokensOf } from './token-counter.ts';

/** What it calls itself, whatever it is asked as. */
export const OFFLINE_MODEL = 'offline';

const wishes = [
  'parallelToolCalls',
  'temperature',
  'topP',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
] as const satisfies readonly Wish[];

/**
 * A model without a network: it summarises, shortens, continues and answers with sentences of the
 * text that it is given, the same ones each time. It makes nothing up, and calls no tools.
 */
export function offlineProvider({
  clock,
  tokens,
  limits = timeLimits,
}: AdapterPorts): ModelProvider {
  return {
    call: (attempt) =>
      runAttempt(
        {
          clock,
          tokens,
          limits,
          open: (asked, signal) => written(asked, signal, tokens),
          errorOf: (error) => {
            // Nothing here can fail but our own code, and that must be seen.
            throw error;
          },
        },
        attempt,
      ),
    leavesOut: (prompt) => wishes.filter((wish) => prompt[wish] !== undefined),
    countPrompt: (prompt) => tokens.prompt(prompt),
  };
}

async function* written(
  { prompt }: Attempt,
  signal: AbortSignal,
  tokens: TokenCounter,
): AsyncGenerator<RawPart> {
  const { toolChoice = 'auto', maxTokens } = prompt;
  if (toolChoice !== 'auto' && toolChoice !== 'none') throw new ModelError('invalid-request');
  yield { type: 'started', model: OFFLINE_MODEL };
  const whole = beforeStop(fittingText(prompt, tokens), prompt.stop);
  const { pieces, isWhole } = await tokensOf(whole, maxTokens);
  for (const text of pieces) {
    if (signal.aborted) return;
    yield { type: 'text', text };
  }
  yield { type: 'finish', reason: isWhole ? 'stop' : 'length' };
}

/** With as many sentences as there is room for: half a sentence, or half of JSON, is worth little. */
function fittingText(prompt: Prompt, tokens: TokenCounter): string {
  const extract = extractFor(taskOf(prompt));
  const withSentences = (count: number) =>
    textOf(prompt, { ...extract, sentences: extract.sentences.slice(0, count) });
  let [fits, tooMany] = [1, extract.sentences.length + 1];
  while (tooMany - fits > 1) {
    const count = Math.floor((fits + tooMany) / 2);
    if (tokens.text(withSentences(count)) <= prompt.maxTokens) fits = count;
    else tooMany = count;
  }
  return withSentences(fits);
}

function textOf({ format }: Prompt, { opening, sentences, sources }: Extract): string {
  switch (format?.type) {
    case 'json':
      return JSON.stringify({ answer: sentences.join(' '), sources, model: OFFLINE_MODEL });
    case 'json-schema':
      return JSON.stringify(filledFrom(format.schema, sentences));
    case 'text':
    case undefined: {
      const from = opening === '' || sources.length === 0 ? '' : ` [${sources.join('; ')}]`;
      return opening + sentences.join(' ') + from;
    }
  }
}

function beforeStop(text: string, stop: readonly string[] = []): string {
  const ends = stop.map((one) => text.indexOf(one)).filter((at) => at >= 0);
  return ends.length === 0 ? text : text.slice(0, Math.min(...ends));
}
