import { z } from 'zod';
import {
  type EventDefinitions,
  type EventOf,
  type Subject,
  defineEvent,
  plain,
} from '#domain/event.ts';
import { FlagRaisedData } from '#domain/compliance/flag.ts';
import { CascadeId, DocumentId, MemberId, ModelId, ProviderId, SectionId } from '#domain/ids.ts';
import { Answer, Asked } from './asked.ts';
import { GenerationId } from './ids.ts';

// Stored for ever: add fields (optional ones), never rename or remove them. Prompts and answers are
// sealed by the key of the member who asked. The ledger holds figures and ids only and is readable,
// because what was spent must stay countable when a member is erased.

/** What is taken from budgets: whole tokens, and whole 1e-9 US dollars. */
const Amount = z.object({ tokens: z.int().min(0), costNanoUsd: z.int().min(0) });
export type Spent = z.infer<typeof Amount>;

const sealed = <Shape extends z.ZodRawShape>(shape: Shape) =>
  defineEvent({
    kind: 'generation',
    version: 1,
    schema: z.object({ requestedBy: MemberId, ...shape }),
    subject: (_, data): Subject => `member:${(data as { requestedBy: MemberId }).requestedBy}`,
  });

const readable = <Shape extends z.ZodRawShape>(shape: Shape) =>
  defineEvent({ kind: 'generation', version: 1, schema: z.object(shape), subject: plain });

/** What an attempt is made at, and at which price. */
const AttemptAt = z.object({ model: ModelId, provider: ProviderId, priceVersion: z.int().min(1) });
export type AttemptAt = z.infer<typeof AttemptAt>;

/** Models that could not be tried, and why. */
const Skipped = z.array(z.object({ model: ModelId, reason: z.string() }));

/** Counts from 1. */
const attempt = z.int().min(1);

/** Where the answer goes: in the place of a section's text, as it was at this revision. */
export const Target = z.object({
  document: DocumentId,
  section: SectionId,
  revision: z.int().min(0),
  /** UTF-16 units of the section that it takes the place of: all but the line ends at its end. */
  count: z.int().min(0),
  /** `suggest`: somebody decides; `edit`: it is written at once. */
  as: z.enum(['suggest', 'edit']),
});
export type Target = z.infer<typeof Target>;

export const generationOutcomes = ['accepted', 'edited', 'rejected'] as const;

export const generationEvents = {
  GenerationRequested: sealed({
    /** The task whose cascade was tried; without one a model was named. */
    task: CascadeId.optional(),
    prompt: Asked,
    /** In the order in which they are tried. */
    models: z.array(ModelId),
    skipped: Skipped,
    /** What the answer may have, where the budget allowed less than the prompt asks for. */
    shortenedTo: z.int().min(1).optional(),
    target: Target.optional(),
  }),
  /** What the filter found in the prompt or in an attempt's answer: rules and places, no words. */
  FlagRaised: readable({ ...FlagRaisedData.shape, attempt: attempt.optional() }),
  /** The hold exists in the counters of this epoch. Anew where they were lost before this was logged. */
  BudgetReserved: readable({
    holder: z.string(),
    windows: z.object({ day: z.string(), month: z.string() }),
    scopes: z.array(z.string()),
    amount: Amount,
    leaseMs: z.int().min(0),
    epoch: z.string(),
    /** The first attempt, which may begin by it. */
    at: AttemptAt,
    /** The target's, so that what was spent on it stays countable when the member is erased. */
    document: DocumentId.optional(),
  }),
  /** A further attempt may begin; `amount` is what its worst case adds to the hold. */
  BudgetToppedUp: readable({
    attempt,
    amount: Amount,
    epoch: z.string(),
    at: AttemptAt,
    skipped: Skipped.optional(),
  }),
  AttemptMade: sealed({
    attempt,
    at: AttemptAt,
    /** Whose account at the provider pays. */
    keyOf: z.enum(['tenant', 'platform', 'nobody']),
    /** `answered`, or why it failed. */
    outcome: z.string(),
    /** What the provider calls the model that answered. */
    answeredAs: z.string().optional(),
    finish: z.string().optional(),
    /** The model had failed too often, and this attempt was to say whether it still does. */
    probe: z.boolean().optional(),
    /** Wishes that the provider has no word for. */
    leftOut: z.array(z.string()).optional(),
    tookMs: z.int().min(0),
    /** All that came, also of an attempt that failed. */
    answer: Answer,
  }),
  /** Exactly one for each attempt that reached a provider. */
  BudgetDebited: readable({
    attempt,
    at: AttemptAt,
    amount: Amount,
    inputTokens: z.int().min(0),
    cacheReadTokens: z.int().min(0),
    cacheWriteTokens: z.int().min(0),
    outputTokens: z.int().min(0),
    reasoningTokens: z.int().min(0),
    /** `assumed`: nobody knows, so it is the most that could have been billed. */
    countedBy: z.enum(['provider', 'us', 'assumed']),
    /** The provider said less than we saw; the larger of both was debited. */
    implausible: z.boolean(),
  }),
  /** Of another generation, to exactly the same request of the same tenant; it cost nothing. */
  AnswerServed: sealed({
    generation: GenerationId,
    model: ModelId,
    since: z.iso.datetime(),
    /** It is older than the client wished, and better than none. */
    stale: z.boolean(),
    finish: z.string().optional(),
    answer: Answer,
  }),
  /** What a debit really was, told after the end: the provider's invoice, or the operator's word. */
  BudgetAdjusted: readable({
    attempt,
    /** What was counted until then. */
    was: Amount,
    amount: Amount,
    reason: z.enum(['invoice', 'waived']),
  }),
  /** By this attempt's answer; without one, by an answer that was there before. */
  GenerationCompleted: readable({ attempt: attempt.optional() }),
  GenerationBlocked: readable({
    direction: z.enum(['prompt', 'answer']),
    /** Of the filter's rules that said so. */
    rules: z.array(z.string()),
  }),
  GenerationFailed: readable({ reason: z.string(), skipped: Skipped.optional() }),
  GenerationAborted: readable({ by: z.enum(['caller', 'disconnect', 'shutdown']) }),
  /** A hold was found that the log knew nothing of: it is free, and nothing can come of it any more. */
  GenerationAbandoned: readable({}),
  OutcomeGiven: readable({ outcome: z.enum(generationOutcomes) }),
} satisfies EventDefinitions;

export type GenerationEvent = EventOf<typeof generationEvents>;
export type DataOf<Type extends GenerationEvent['type']> = Extract<
  GenerationEvent,
  { type: Type }
>['data'];
