import type {
  AnswerPart,
  Attempt,
  FinishReason,
  TimeLimits,
} from '#commands/generation/model-port.ts';
import type { Clock } from '#commands/ports.ts';
import { ModelError, withUsage } from '#domain/generation/model-error.ts';
import type { Prompt } from '#domain/generation/prompt.ts';
import { type ReportedUsage, settleUsage } from '#domain/usage.ts';
import { patience, stricter } from './patience.ts';
import type { TokenCounter } from './token-counter.ts';

/** What an adapter makes of its provider's stream; the usage may come at any time, and grow. */
export type RawPart =
  | Exclude<AnswerPart, { readonly type: 'usage' }>
  | { readonly type: 'reported'; readonly usage: ReportedUsage };

/** What every adapter is made with. */
export type AdapterPorts = {
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly tokens: TokenCounter;
  readonly limits?: TimeLimits;
};

export type AttemptPorts = Required<AdapterPorts> & {
  /** Sends the request. Iterating ends when `signal` aborts, with or without an error. */
  readonly open: (attempt: Attempt, signal: AbortSignal) => AsyncIterable<RawPart>;
  /** What an error of the client library means. */
  readonly errorOf: (error: unknown) => ModelError;
};

/** One attempt as the port promises it, from what a provider happens to send. */
export async function* runAttempt(
  { clock, tokens, limits, open, errorOf }: AttemptPorts,
  attempt: Attempt,
): AsyncGenerator<AnswerPart> {
  const connection = new AbortController();
  const callOff = () => connection.abort();
  attempt.signal.addEventListener('abort', callOff, { once: true });
  const answer = received(attempt.prompt, tokens);
  const { wait, end } = patience(clock, stricter(limits, attempt.limits), attempt.signal);
  let isRead = false;
  try {
    if (attempt.signal.aborted) throw new ModelError('aborted');
    const parts = open(attempt, connection.signal)[Symbol.asyncIterator]();
    for (;;) {
      const part = await wait(parts.next(), answer.hasBegun());
      isRead = part.done === true;
      if (part.done === true) break;
      const passed = answer.take(part.value);
      if (passed) yield passed;
    }
    yield* answer.end();
  } catch (error) {
    throw answer.failed(
      attempt.signal.aborted ? new ModelError('aborted') : asOurs(error, errorOf),
    );
  } finally {
    attempt.signal.removeEventListener('abort', callOff);
    end();
    // A connection whose answer was read is used again.
    if (!isRead) connection.abort();
  }
}

const asOurs = (error: unknown, errorOf: AttemptPorts['errorOf']): ModelError =>
  error instanceof ModelError ? error : errorOf(error);

/** Keeps what came, so that it can be counted, and says what is missing at the end. */
function received(prompt: Prompt, tokens: TokenCounter) {
  const seen: string[] = [];
  let begun = false;
  let reported: ReportedUsage | undefined;
  let finish: FinishReason | undefined;

  const usage = () =>
    settleUsage(reported, {
      inputTokens: tokens.prompt(prompt),
      outputTokens: tokens.text(seen.join('')),
    });

  return {
    hasBegun: () => begun,

    take: (part: RawPart): AnswerPart | undefined => {
      switch (part.type) {
        case 'reported':
          reported = { ...reported, ...part.usage };
          return undefined;
        case 'finish':
          finish = part.reason;
          return undefined;
        case 'started':
          if (begun) return undefined;
          begun = true;
          return part;
        case 'text':
          seen.push(part.text);
          return part;
        case 'tool-call':
          seen.push(part.name ?? '', part.arguments);
          return part;
      }
    },

    end: function* (): Generator<AnswerPart> {
      // A connection may be cut so that it looks like the end.
      if (finish === undefined) throw new ModelError('cut');
      if (finish === 'stop' && !isAsWanted(prompt, seen.join(''))) {
        throw new ModelError('malformed');
      }
      yield { type: 'finish', reason: finish };
      yield { type: 'usage', usage: usage() };
    },

    failed: (error: ModelError) => (begun ? withUsage(error, usage()) : error),
  };
}

/** Where JSON is asked for: an object, or whatever a schema describes. */
function isAsWanted({ format, stop = [] }: Prompt, text: string): boolean {
  // Whoever names a text to stop at may have named one inside of it.
  if (format === undefined || format.type === 'text' || stop.length > 0) return true;
  try {
    const value: unknown = JSON.parse(text);
    return format.type === 'json-schema' || typeof value === 'object';
  } catch {
    return false;
  }
}
