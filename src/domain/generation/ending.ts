import { missing } from '#domain/amount.ts';
import type { MemberId } from '#domain/ids.ts';
import type { DataOf, GenerationEvent } from './events.ts';
import { type OpenGeneration, spentBy } from './state.ts';

export type Ending = Extract<
  GenerationEvent,
  { type: 'GenerationCompleted' | 'GenerationBlocked' | 'GenerationFailed' | 'GenerationAborted' }
>;

/** An answer that was there before, and what the filter found in it. */
export type Served = {
  readonly served: Omit<DataOf<'AnswerServed'>, 'requestedBy'>;
  readonly flags: readonly DataOf<'FlagRaised'>[];
};

export const flagged = (flags: readonly DataOf<'FlagRaised'>[]): GenerationEvent[] =>
  flags.map((data) => ({ type: 'FlagRaised', data }));

export const answered = (served: Served['served'], requestedBy: MemberId): GenerationEvent[] => [
  { type: 'AnswerServed', data: { ...served, requestedBy } },
  { type: 'GenerationCompleted', data: {} },
];

export const endWith = (
  { ending, instead }: { readonly ending: Ending; readonly instead?: Served | undefined },
  requestedBy: MemberId | undefined,
): GenerationEvent[] =>
  instead === undefined || requestedBy === undefined
    ? [ending]
    : [...flagged(instead.flags), ...answered(instead.served, requestedBy)];

/** Nothing, where all attempts that may have begun are accounted for. */
export function assumedDebit(state: OpenGeneration): GenerationEvent[] {
  const { begun, at, attempts, reserved } = state;
  if (at === undefined || attempts.includes(begun)) return [];
  const amount = missing(reserved, spentBy(state));
  const usage = { inputTokens: amount.tokens, outputTokens: 0, reasoningTokens: 0 };
  const cached = { cacheReadTokens: 0, cacheWriteTokens: 0 };
  const basis = { countedBy: 'assumed', implausible: false } as const;
  const data = { attempt: begun, at, amount, ...usage, ...cached, ...basis };
  return [{ type: 'BudgetDebited', data }];
}
