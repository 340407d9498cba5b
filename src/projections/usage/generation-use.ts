import type { Scope } from '#domain/budget/limits.ts';
import {
  type DataOf,
  type GenerationEvent,
  type Spent,
  generationOutcomes,
} from '#domain/generation/events.ts';
import { type GenerationId, suggestionOf } from '#domain/generation/ids.ts';
import type { EventHeader } from '#domain/event.ts';
import type { ProjectedEvent } from '#projections/projection.ts';
import type { SuggestionEvent } from '#domain/suggestion/events.ts';

/** One attempt that was paid for. */
export type Debit = {
  readonly attempt: number;
  /** The UTC hour in which it was debited. */
  readonly hour: string;
  readonly model: string;
  readonly provider: string;
  readonly amount: Spent;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly assumed: boolean;
};

/** What is known of one generation's use. None is `''`, because keys of buckets hold no null. */
export type GenerationUse = {
  readonly member: string;
  readonly api_key: string;
  readonly document: string;
  /** Sorted. */
  readonly labels: readonly string[];
  /** The windows of its budgets, in the calendar on the tenant's wall. */
  readonly day: string;
  readonly month: string;
  readonly outcome: UsageOutcome;
  readonly is_open: boolean;
  readonly reserved_tokens: number;
  readonly reserved_cost: number;
  readonly debits: readonly Debit[];
  /** The one that its answer may have become. */
  readonly suggestion_id: string;
};

type OfLedger = Extract<
  GenerationEvent,
  {
    type: 'BudgetReserved' | 'BudgetToppedUp' | 'BudgetDebited' | 'BudgetAdjusted' | 'OutcomeGiven';
  }
>;

/**
 * Events whose bodies are read: figures and ids. Nothing that can be erased, so that what was spent
 * stays where it was.
 */
export const readBodies: ReadonlySet<string> = new Set<OfLedger['type']>([
  'BudgetReserved',
  'BudgetToppedUp',
  'BudgetDebited',
  'BudgetAdjusted',
  'OutcomeGiven',
]);

/** Where a generation stands, and then what became of its answer. */
export const usageOutcomes = [
  'open',
  'completed',
  'blocked',
  'failed',
  'aborted',
  ...generationOutcomes,
] as const;
type UsageOutcome = (typeof usageOutcomes)[number];

const endings: Readonly<Record<string, UsageOutcome>> = {
  GenerationCompleted: 'completed',
  GenerationBlocked: 'blocked',
  GenerationFailed: 'failed',
  GenerationAborted: 'aborted',
} satisfies Partial<Record<GenerationEvent['type'], UsageOutcome>>;

const settlings: Readonly<Record<string, UsageOutcome>> = {
  SuggestionAccepted: 'accepted',
  SuggestionEdited: 'edited',
  SuggestionRejected: 'rejected',
} satisfies Partial<Record<SuggestionEvent['type'], UsageOutcome>>;

export const readHeaders: ReadonlySet<string> = new Set([
  ...Object.keys(endings),
  ...Object.keys(settlings),
]);

/** What the decision about a suggestion makes of the generation that it came from. */
export const settled = (use: GenerationUse, { type }: ProjectedEvent): GenerationUse => ({
  ...use,
  outcome: settlings[type] ?? use.outcome,
});

export const begun = (id: GenerationId): GenerationUse => ({
  member: '',
  api_key: '',
  document: '',
  labels: [],
  day: '',
  month: '',
  outcome: 'open',
  is_open: false,
  reserved_tokens: 0,
  reserved_cost: 0,
  debits: [],
  suggestion_id: suggestionOf(id),
});

export function evolved(use: GenerationUse, event: ProjectedEvent): GenerationUse {
  const ending = endings[event.type];
  if (ending !== undefined) return { ...use, outcome: ending, is_open: false };
  if (event.erased === true || event.data === undefined) return use;
  return withBody(use, { type: event.type, data: event.data } as OfLedger, event.header);
}

function withBody(use: GenerationUse, event: OfLedger, header: EventHeader): GenerationUse {
  switch (event.type) {
    case 'BudgetReserved':
      return reserved(use, event.data);
    case 'BudgetToppedUp':
      return {
        ...use,
        reserved_tokens: use.reserved_tokens + event.data.amount.tokens,
        reserved_cost: use.reserved_cost + event.data.amount.costNanoUsd,
      };
    case 'BudgetDebited':
      return { ...use, debits: [...use.debits, debitOf(event.data, header)] };
    case 'BudgetAdjusted':
      return { ...use, debits: use.debits.map((debit) => adjusted(debit, event.data)) };
    case 'OutcomeGiven':
      return { ...use, outcome: event.data.outcome };
  }
}

/** It stays in its hour and window; nothing about it is assumed any more. */
const adjusted = (debit: Debit, { attempt, amount }: DataOf<'BudgetAdjusted'>): Debit =>
  debit.attempt === attempt ? { ...debit, amount, assumed: false } : debit;

/** A hold that was lost is made anew: it takes the place of the one before. */
const reserved = (
  use: GenerationUse,
  { scopes, windows, amount, document }: DataOf<'BudgetReserved'>,
): GenerationUse => ({
  ...use,
  member: namesIn(scopes, 'member')[0] ?? '',
  api_key: namesIn(scopes, 'key')[0] ?? '',
  document: document ?? '',
  labels: namesIn(scopes, 'label').toSorted(),
  day: windows.day,
  month: windows.month,
  is_open: true,
  reserved_tokens: amount.tokens,
  reserved_cost: amount.costNanoUsd,
});

type Named = Exclude<Scope, 'tenant'> extends `${infer Kind}:${string}` ? Kind : never;

const namesIn = (scopes: readonly string[], kind: Named): readonly string[] =>
  scopes.flatMap((scope) => (scope.startsWith(`${kind}:`) ? [scope.slice(kind.length + 1)] : []));

const debitOf = (data: DataOf<'BudgetDebited'>, { recordedAt }: EventHeader): Debit => ({
  attempt: data.attempt,
  hour: `${new Date(recordedAt).toISOString().slice(0, 13)}:00:00.000Z`,
  model: data.at.model,
  provider: data.at.provider,
  amount: data.amount,
  inputTokens: data.inputTokens,
  cacheReadTokens: data.cacheReadTokens,
  cacheWriteTokens: data.cacheWriteTokens,
  outputTokens: data.outputTokens,
  reasoningTokens: data.reasoningTokens,
  assumed: data.countedBy === 'assumed',
});
