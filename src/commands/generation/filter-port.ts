import type { Prompt } from '#domain/generation/prompt.ts';
import type { Principal } from '#domain/rights.ts';

/** What a filter says of a prompt: how it may be sent, or which rules forbid it. */
export type FilteredPrompt =
  | { readonly prompt: Prompt }
  | { readonly blockedBy: readonly string[] };

/** Reads one answer as it arrives, and holds back what some rule could still extend. */
export type AnswerFilter = {
  /** What may be shown now; more may come later. */
  take(text: string): { readonly text: string } | { readonly blockedBy: readonly string[] };
  /** What was held back, at the end of the answer. */
  end(): { readonly text: string } | { readonly blockedBy: readonly string[] };
};

/** Stands on both sides of every model. */
export type Filter = {
  prompt(prompt: Prompt, principal: Principal): Promise<FilteredPrompt>;
  /** A filter of its own for each attempt: nothing of one answer is held back into another. */
  answer(principal: Principal): AnswerFilter;
};

/** Lets everything pass, where a tenant has no rules. */
export const passing: Filter = {
  prompt: async (prompt) => ({ prompt }),
  answer: () => ({ take: (text) => ({ text }), end: () => ({ text: '' }) }),
};
