import type { Prompt, Wish } from '#domain/generation/prompt.ts';
import type { Usage } from '#domain/usage.ts';

export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'filtered';

/** A piece of an answer, as it arrives. */
export type AnswerPart =
  /** First, once: the provider has begun to answer, and which model it says it is. */
  | { readonly type: 'started'; readonly model: string }
  | { readonly type: 'text'; readonly text: string }
  /** Of one call, by `index`: id and name with its first piece, arguments in any number of them. */
  | {
      readonly type: 'tool-call';
      readonly index: number;
      readonly id?: string | undefined;
      readonly name?: string | undefined;
      readonly arguments: string;
    }
  /** Once, after the last piece. */
  | { readonly type: 'finish'; readonly reason: FinishReason }
  /** Last, once. */
  | { readonly type: 'usage'; readonly usage: Usage };

/** How long a provider may take. */
export type TimeLimits = {
  /** Until it begins to answer. */
  readonly firstPartMs: number;
  /** Between two pieces of an answer. */
  readonly nextPartMs: number;
};

export type Attempt = {
  /** The model by the provider's name for it. */
  readonly model: string;
  readonly prompt: Prompt;
  /** Aborting ends the connection to the provider at once. */
  readonly signal: AbortSignal;
  /** Beyond the adapter's own: over one of these the attempt fails as a timeout. */
  readonly limits?: TimeLimits;
};

/**
 * A provider's models, reached with one key. A call is one attempt: nothing is tried again behind
 * the caller's back, because each attempt is reserved and debited by itself.
 *
 * The parts end with `finish` and `usage`, or `ModelError` is thrown, with the usage until then
 * when the provider had begun to answer. Whoever stops reading ends the connection.
 */
export type ModelProvider = {
  call(attempt: Attempt): AsyncIterable<AnswerPart>;
  /** What this provider has no word for and leaves out of its request. */
  leavesOut(prompt: Prompt): readonly Wish[];
  /** How many tokens the prompt is, by our own tokenizer: what reservations are made from. */
  countPrompt(prompt: Prompt): number;
};
