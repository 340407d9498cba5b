import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generationAggregate } from '#domain/generation/decide.ts';
import type { DataOf, GenerationEvent } from '#domain/generation/events.ts';
import { spentBy } from '#domain/generation/state.ts';
import type { ModelId, ProviderId } from '#domain/ids.ts';
import { given, memberNamed, operator, principal } from '#test/support/given.ts';

const { decider } = generationAggregate;
const at = { model: 'small' as ModelId, provider: 'openai' as ProviderId, priceVersion: 1 };
const dearer = { ...at, model: 'large' as ModelId };
const amountOf = (tokens: number) => ({ tokens, costNanoUsd: tokens * 10 });

const asked = {
  prompt: { messages: [{ role: 'user' as const, content: 'Why?' }], maxTokens: 50 },
  models: [at.model, dearer.model],
  skipped: [],
};
const reserved: DataOf<'BudgetReserved'> = {
  holder: 'one run',
  windows: { day: '2026-01-31', month: '2026-01' },
  scopes: ['tenant'],
  amount: amountOf(100),
  leaseMs: 20_000,
  epoch: 'first',
  at,
};
const request = { type: 'RequestGeneration', asked, flags: [], decided: { reserved } } as const;
const olivia = memberNamed('olivia');
const wasRequested: readonly GenerationEvent[] = [
  { type: 'GenerationRequested', data: { ...asked, requestedBy: olivia } },
  { type: 'BudgetReserved', data: reserved },
];

const made = (attempt: number, outcome = 'answered') => ({
  attempt,
  at,
  keyOf: 'platform' as const,
  outcome,
  tookMs: 12,
  answer: { text: 'Because.', toolCalls: [] },
});
const debited = (attempt: number, tokens: number): DataOf<'BudgetDebited'> => ({
  attempt,
  at,
  amount: amountOf(tokens),
  inputTokens: tokens - 5,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 5,
  reasoningTokens: 0,
  countedBy: 'provider',
  implausible: false,
});
const completed = { type: 'GenerationCompleted', data: { attempt: 1 } } as const;
const record = {
  type: 'RecordAttempt',
  made: made(1),
  debited: debited(1, 30),
  flags: [],
  ending: completed,
} as const;
const wasMade = (attempt: number): GenerationEvent => ({
  type: 'AttemptMade',
  data: { ...made(attempt), requestedBy: olivia },
});
const wasDebited = (attempt: number, tokens: number): GenerationEvent => ({
  type: 'BudgetDebited',
  data: debited(attempt, tokens),
});
const failed = (reason: string): GenerationEvent => ({
  type: 'GenerationFailed',
  data: { reason },
});
const settleLost = { type: 'SettleLost' } as const;

test('a generation is requested together with its hold', () => {
  given(decider)
    .when(request)
    .happens(...wasRequested);
  given(decider).when(request).twice();
});

test('a prompt that a rule forbids is recorded, and holds nothing', () => {
  const blocked = { direction: 'prompt' as const, rules: ['secrets/aws'] };
  given(decider)
    .when({ ...request, decided: { blocked } })
    .happens(wasRequested[0]!, { type: 'GenerationBlocked', data: blocked });
});

test('whoever may not write asks for nothing', () => {
  for (const role of ['viewer', 'reviewer', 'auditor'] as const) {
    given(decider)
      .when(request, { principal: principal('eve', role) })
      .isRejected('right/missing');
  }
});

test('an attempt, its debit and the end are one step, and happen once', () => {
  given(decider, ...wasRequested)
    .when(record)
    .happens(wasMade(1), wasDebited(1, 30), completed);
  given(decider, ...wasRequested)
    .when(record)
    .twice();
});

test('an attempt that reached no provider is debited nothing', () => {
  const refused = { ...record, made: made(1, 'unreachable'), debited: undefined };
  given(decider, ...wasRequested)
    .when({ ...refused, ending: undefined })
    .happens({
      type: 'AttemptMade',
      data: { ...made(1, 'unreachable'), requestedBy: olivia },
    });
});

test('a further attempt is paid for before it begins, once', () => {
  const history = [...wasRequested, wasMade(1), wasDebited(1, 30)];
  const toppedUp = { attempt: 2, amount: amountOf(40), epoch: 'first', at: dearer };
  const topUp = { type: 'TopUpBudget', toppedUp } as const;
  given(decider, ...history)
    .when(topUp)
    .happens({ type: 'BudgetToppedUp', data: toppedUp });
  given(decider, ...history)
    .when(topUp)
    .twice();
});

test('what nobody is at work on is debited all that is left of its hold, marked as assumed', () => {
  const assumed: GenerationEvent = {
    type: 'BudgetDebited',
    data: {
      ...debited(1, 100),
      inputTokens: 100,
      outputTokens: 0,
      countedBy: 'assumed',
    },
  };
  given(decider, ...wasRequested)
    .when(settleLost)
    .happens(assumed, failed('lost'));
  given(decider, ...wasRequested)
    .when(settleLost)
    .twice();
  // The one that woke up afterwards changes nothing: it was debited already.
  given(decider, ...wasRequested, assumed, failed('lost'))
    .when(record)
    .nothingHappens();
});

test('what is found between two attempts is debited what it was, and no more', () => {
  given(decider, ...wasRequested, wasMade(1), wasDebited(1, 30))
    .when(settleLost)
    .happens(failed('lost'));
});

test('a second attempt that may have begun is assumed, the first stays as it was', () => {
  const toppedUp = { attempt: 2, amount: amountOf(40), epoch: 'first', at: dearer };
  const history: GenerationEvent[] = [
    ...wasRequested,
    wasMade(1),
    wasDebited(1, 30),
    { type: 'BudgetToppedUp', data: toppedUp },
  ];
  const { state } = given(decider, ...history);
  const events = decider.decide(settleLost, state, {} as never);
  const after = events.reduce((one, event) => decider.evolve(one, event, 0), state);
  assert.ok('debits' in after);
  assert.deepEqual(spentBy(after), amountOf(140));
  assert.deepEqual([...after.debits.keys()], [1, 2]);
});

test('a hold without a generation is abandoned, and then nothing can come of it', () => {
  const abandon = { type: 'AbandonGeneration' } as const;
  const abandoned: GenerationEvent = { type: 'GenerationAbandoned', data: {} };
  given(decider).when(abandon).happens(abandoned);
  given(decider).when(abandon).twice();
  given(decider, abandoned).when(request).isRejected('generation/abandoned');
  given(decider, ...wasRequested)
    .when(abandon)
    .nothingHappens();
});

test('what became of an answer is said once, by who asked for it', () => {
  const history = [...wasRequested, wasMade(1), wasDebited(1, 30), completed];
  const give = { type: 'GiveOutcome', outcome: 'accepted' } as const;
  const accepted: GenerationEvent = { type: 'OutcomeGiven', data: { outcome: 'accepted' } };
  const own = { principal: principal('olivia', 'author') };
  given(decider, ...history)
    .when(give, own)
    .happens(accepted);
  given(decider, ...history)
    .when(give, own)
    .twice();
  given(decider, ...history, accepted)
    .when({ ...give, outcome: 'rejected' }, own)
    .isRejected('generation/outcome-given');
  given(decider, ...history)
    .when(give, { principal: principal('adam', 'admin') })
    .isRejected('generation/not-found');
  given(decider, ...wasRequested)
    .when(give, own)
    .isRejected('generation/under-way');
  given(decider, ...wasRequested, failed('timeout'))
    .when(give, own)
    .isRejected('generation/no-answer');
});

test('a debit is corrected by the operator, once the generation has ended', () => {
  const history = [...wasRequested, wasMade(1), wasDebited(1, 30), completed];
  const amount = amountOf(20);
  const adjust = { type: 'AdjustBudget', attempt: 1, amount, reason: 'invoice' } as const;
  const adjusted: GenerationEvent = {
    type: 'BudgetAdjusted',
    data: { attempt: 1, was: amountOf(30), amount, reason: 'invoice' },
  };
  const byOperator = { principal: operator };
  given(decider, ...history)
    .when(adjust, byOperator)
    .happens(adjusted);
  given(decider, ...history)
    .when(adjust, byOperator)
    .twice();
  const { state } = given(decider, ...history, adjusted);
  assert.ok('debits' in state);
  assert.deepEqual(spentBy(state), amount);
  given(decider, ...history)
    .when({ ...adjust, attempt: 2 }, byOperator)
    .isRejected('generation/not-debited');
  given(decider, ...history)
    .when(adjust, { principal: principal('olivia', 'owner') })
    .isRejected('right/missing');
  given(decider, ...wasRequested, wasMade(1), wasDebited(1, 30))
    .when(adjust, byOperator)
    .isRejected('generation/under-way');
  given(decider).when(adjust, byOperator).isRejected('generation/not-found');
});

test('an erased generation keeps its figures and loses its words', () => {
  const history = [...wasRequested, wasMade(1), wasDebited(1, 30), completed];
  const { state } = given(decider, ...history);
  const erased = decider.erase!(state);
  assert.ok('debits' in erased);
  assert.equal(erased.answer.text, '');
  assert.deepEqual(spentBy(erased), amountOf(30));
  const unread = decider.evolve(decider.erase!(decider.initialState), wasRequested[1]!, 1);
  assert.equal(unread.status, 'open');
});
