import { z } from 'zod';
import type { Wanted } from '#commands/generation/wanted.ts';
import type { Ended } from '#commands/generation/under-way.ts';
import { Answer } from '#domain/generation/asked.ts';
import { Target, generationOutcomes } from '#domain/generation/events.ts';
import { GenerationId, suggestionOf } from '#domain/generation/ids.ts';
import { type EndedGeneration, type OpenGeneration, spentBy } from '#domain/generation/state.ts';
import { CascadeId, MemberId, ModelId, SuggestionId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { withoutUndefined } from '#domain/without-undefined.ts';

const MOST_MESSAGES = 1_000;
const MOST_TOOLS = 128;
export const MOST_TOKENS = 128_000;
export const USUAL_TOKENS = 2_048;
export const USUAL_TIMEOUT_MS = 60_000;

const Name = z.string().regex(/^[\w-]{1,64}$/, '1 to 64 characters: letters, digits, _ and -');
const Json = z.record(z.string(), z.unknown());
const content = z.string();
const ToolCalled = z.strictObject({
  id: z.string().max(200),
  name: Name,
  arguments: z.string().describe('JSON, as the model wrote it'),
});

const Message = z.union([
  z.strictObject({ role: z.enum(['system', 'user']), content }),
  z.strictObject({
    role: z.literal('assistant'),
    content,
    toolCalls: z.array(ToolCalled).max(MOST_TOOLS).optional(),
  }),
  z.strictObject({ role: z.literal('tool'), toolCallId: z.string().max(200), content }),
]);

/** Figures that shape an answer, as both APIs take them. */
export const wishes = {
  temperature: z.number().min(0).max(2).optional(),
  seed: z.int().optional(),
};
export const penalty = z.number().min(-2).max(2).optional();
export const share = z.number().min(0).max(1).optional();

export const Body = z.strictObject({
  task: CascadeId.optional().describe('Whose cascade of models is tried. Default: converse'),
  model: ModelId.optional().describe('Instead of a task: this model only'),
  messages: z.array(Message).min(1).max(MOST_MESSAGES),
  maxTokens: z.int().min(1).max(MOST_TOKENS).default(USUAL_TOKENS).describe('Of the answer'),
  minTokens: z
    .int()
    .min(1)
    .optional()
    .describe(
      `Where a budget allows no model an answer of maxTokens, it may be as short as this. Default: 256 for plain text, else maxTokens`,
    ),
  format: z
    .union([
      z.strictObject({ type: z.enum(['text', 'json']) }),
      z.strictObject({ type: z.literal('json-schema'), name: Name, schema: Json }),
    ])
    .optional(),
  tools: z
    .array(
      z.strictObject({
        name: Name,
        description: z.string().optional(),
        parameters: Json.optional(),
        strict: z.boolean().optional(),
      }),
    )
    .max(MOST_TOOLS)
    .optional()
    .describe('Passed on and never executed'),
  toolChoice: z
    .union([z.enum(['auto', 'none', 'required']), z.strictObject({ name: Name })])
    .optional(),
  parallelToolCalls: z.boolean().optional(),
  stop: z.array(z.string().min(1).max(200)).max(4).optional(),
  ...wishes,
  topP: share,
  presencePenalty: penalty,
  frequencyPenalty: penalty,
  target: Target.pick({ document: true, section: true, as: true })
    .strict()
    .optional()
    .describe(
      'A section of a document: its text is shown to the model, and the answer takes its place, as a suggestion or as an edit',
    ),
  cache: z
    .strictObject({
      maxAgeS: z.int().min(0).max(86_400).default(3_600).describe('Older answers are not fresh'),
      stale: z
        .boolean()
        .default(false)
        .describe('Where no model can be asked, an older one of the last 24 hours will do'),
    })
    .optional()
    .describe(
      'An answer that this tenant got to exactly the same request will do, and this one is kept. It costs nothing, and `cached` says so',
    ),
  resume: z
    .boolean()
    .default(false)
    .describe('Goes on for 15 s without its client, who may come back for it'),
  timeoutMs: z.int().min(1_000).max(600_000).default(USUAL_TIMEOUT_MS),
});

export function wantedOf(body: z.infer<typeof Body>, canTakeBack: boolean): Wanted {
  const { task, model, resume, timeoutMs, minTokens, cache, target: _, ...prompt } = body;
  if (task !== undefined && model !== undefined) throw new Rejected('generation/task-or-model');
  return {
    prompt: withoutUndefined(prompt) as Wanted['prompt'],
    by: model === undefined ? { task: task ?? ('converse' as CascadeId) } : { model },
    resumable: resume,
    minTokens,
    cache: cache && { maxAgeMs: cache.maxAgeS * 1_000, stale: cache.stale },
    canTakeBack,
    timeoutMs,
  };
}

export const OnGeneration = z.strictObject({ id: GenerationId });

export const GenerationShown = z.object({
  id: GenerationId,
  revision: z.int(),
  status: z.enum(['open', 'completed', 'blocked', 'failed', 'aborted']),
  reason: z.string().nullable().describe('Why it did not come to an answer'),
  requestedBy: MemberId.nullable(),
  model: ModelId.nullable().describe('That answered'),
  answer: Answer.describe('What came so far, or came in the end'),
  finish: z.string().nullable(),
  attempts: z.int(),
  usage: z.object({
    inputTokens: z.int(),
    outputTokens: z.int(),
    costNanoUsd: z.int().describe('In 1e-9 US dollars'),
    assumed: z.boolean().describe('Nobody knows what some attempt took, so the most is assumed'),
  }),
  cached: z
    .object({ since: z.iso.datetime(), stale: z.boolean() })
    .nullable()
    .describe('The answer was there before, and cost nothing'),
  target: Target.nullable(),
  suggestion: SuggestionId.nullable().describe('That the answer becomes'),
  outcome: z.enum(generationOutcomes).nullable(),
});
export type GenerationShown = z.infer<typeof GenerationShown>;

/** What everybody is shown of a generation who may see it. */
export function shownOf(id: GenerationId, { state, revision }: Ended): GenerationShown {
  if (state.status === 'missing' || state.status === 'abandoned') {
    throw new Rejected('generation/not-found');
  }
  const ended = state.status === 'open' ? { reason: undefined, outcome: undefined } : state;
  return {
    id,
    revision,
    status: state.status,
    reason: ended.reason ?? null,
    requestedBy: state.requestedBy ?? null,
    ...answerOf(state),
    attempts: state.attempts.length,
    usage: usageOf(state),
    target: state.target ?? null,
    suggestion: state.target?.as === 'suggest' ? suggestionOf(id) : null,
    outcome: ended.outcome ?? null,
  };
}

const answerOf = ({ answeredBy, answer, finish, served }: OpenGeneration | EndedGeneration) => ({
  model: answeredBy ?? null,
  answer,
  finish: finish ?? null,
  cached: served ?? null,
});

/** Of all attempts: each of them is paid. */
function usageOf(state: OpenGeneration | EndedGeneration): GenerationShown['usage'] {
  const debits = [...state.debits.values()];
  const total = (of: 'inputTokens' | 'outputTokens') =>
    debits.reduce((sum, debit) => sum + debit[of], 0);
  return {
    inputTokens: total('inputTokens'),
    outputTokens: total('outputTokens'),
    costNanoUsd: spentBy(state).costNanoUsd,
    assumed: debits.some(({ countedBy }) => countedBy === 'assumed'),
  };
}
