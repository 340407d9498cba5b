import type { Aggregate } from '#domain/aggregate.ts';
import type { DecisionContext } from '#domain/decider.ts';
import type { MemberId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { type Action, type Principal, assertMay, reachOf } from '#domain/rights.ts';
import { type AdjustBudget, adjustBudget } from './adjust.ts';
import { type Ending, type Served, answered, assumedDebit, endWith, flagged } from './ending.ts';
import { type DataOf, type GenerationEvent, type Target, generationEvents } from './events.ts';
import {
  type EndedGeneration,
  type Generation,
  type OpenGeneration,
  erase,
  evolve,
  initialState,
} from './state.ts';

export type RequestGeneration = {
  readonly type: 'RequestGeneration';
  readonly asked: Omit<DataOf<'GenerationRequested'>, 'requestedBy'>;
  readonly flags: readonly DataOf<'FlagRaised'>[];
  /** The hold that the counters have, or what the filter says against the prompt. */
  readonly decided:
    | Pick<Served, 'served'>
    | { readonly reserved: DataOf<'BudgetReserved'> }
    | { readonly blocked: DataOf<'GenerationBlocked'> };
};
/** The counters were lost before they could confirm the hold, so it was made anew. */
type ReserveAgain = {
  readonly type: 'ReserveAgain';
  readonly reserved: DataOf<'BudgetReserved'>;
};
type TopUpBudget = { readonly type: 'TopUpBudget'; readonly toppedUp: DataOf<'BudgetToppedUp'> };
/** What an attempt came to: a fact, as the provider has been called. */
type RecordAttempt = {
  readonly type: 'RecordAttempt';
  readonly made: Omit<DataOf<'AttemptMade'>, 'requestedBy'>;
  /** None where the attempt certainly reached no provider. */
  readonly debited: DataOf<'BudgetDebited'> | undefined;
  readonly flags: readonly DataOf<'FlagRaised'>[];
  readonly ending: Ending | undefined;
  /** Takes the place of an ending without an answer. */
  readonly instead?: Served | undefined;
};
type EndGeneration = {
  readonly type: 'EndGeneration';
  readonly ending: Ending;
  readonly instead?: Served | undefined;
};
/** Nobody is at work on it any more: whatever may have begun is debited at the most it can have cost. */
type SettleLost = { readonly type: 'SettleLost' };
type AbandonGeneration = { readonly type: 'AbandonGeneration' };
type GiveOutcome = {
  readonly type: 'GiveOutcome';
  readonly outcome: DataOf<'OutcomeGiven'>['outcome'];
};
export type GenerationCommand =
  | RequestGeneration
  | ReserveAgain
  | TopUpBudget
  | RecordAttempt
  | EndGeneration
  | SettleLost
  | AbandonGeneration
  | GiveOutcome
  | AdjustBudget;

function decide(
  command: GenerationCommand,
  state: Generation,
  { principal }: DecisionContext,
): GenerationEvent[] {
  switch (command.type) {
    case 'RequestGeneration':
      return request(command, state, principal);
    case 'AbandonGeneration':
      return state.status === 'missing' ? [{ type: 'GenerationAbandoned', data: {} }] : [];
    case 'GiveOutcome':
      return giveOutcome(command, state, principal);
    case 'AdjustBudget':
      return adjustBudget(command, state, principal);
    case 'ReserveAgain':
    case 'TopUpBudget':
    case 'RecordAttempt':
    case 'EndGeneration':
    case 'SettleLost':
      // Whoever settled it first has decided: what comes later is too late, and no mistake.
      return state.status === 'open' ? underWay(command, state) : [];
  }
}

function request(
  { asked, flags, decided }: RequestGeneration,
  state: Generation,
  principal: Principal,
): GenerationEvent[] {
  assertMay(principal, 'generation.request');
  if (state.status === 'abandoned') throw new Rejected('generation/abandoned');
  if (state.status !== 'missing') return [];
  const data = { ...asked, requestedBy: principal.member };
  return [
    { type: 'GenerationRequested', data },
    ...flagged(flags),
    ...begun(asked.target, decided, principal),
  ];
}

function begun(
  target: RequestGeneration['asked']['target'],
  decided: RequestGeneration['decided'],
  { member }: Principal,
): GenerationEvent[] {
  if ('reserved' in decided) return [reservedFor(target, decided.reserved)];
  if ('blocked' in decided) return [{ type: 'GenerationBlocked', data: decided.blocked }];
  return answered(decided.served, member);
}

const reservedFor = (
  target: Target | undefined,
  reserved: DataOf<'BudgetReserved'>,
): GenerationEvent => ({
  type: 'BudgetReserved',
  data: { ...reserved, ...(target !== undefined && { document: target.document }) },
});

function underWay(
  command: ReserveAgain | TopUpBudget | RecordAttempt | EndGeneration | SettleLost,
  state: OpenGeneration,
): GenerationEvent[] {
  switch (command.type) {
    case 'ReserveAgain':
      return [reservedFor(state.target, command.reserved)];
    case 'TopUpBudget':
      return command.toppedUp.attempt > state.begun
        ? [{ type: 'BudgetToppedUp', data: command.toppedUp }]
        : [];
    case 'RecordAttempt':
      return recordAttempt(command, state);
    case 'EndGeneration':
      return endWith(command, state.requestedBy);
    case 'SettleLost':
      return [...assumedDebit(state), { type: 'GenerationFailed', data: { reason: 'lost' } }];
  }
}

function recordAttempt(
  { made, debited, flags, ending, instead }: RecordAttempt,
  { requestedBy, attempts }: OpenGeneration,
): GenerationEvent[] {
  if (attempts.includes(made.attempt)) return [];
  return [
    ...(requestedBy === undefined
      ? []
      : [{ type: 'AttemptMade' as const, data: { ...made, requestedBy } }]),
    ...flagged(flags),
    ...(debited === undefined ? [] : [{ type: 'BudgetDebited' as const, data: debited }]),
    ...(ending === undefined ? [] : endWith({ ending, instead }, requestedBy)),
  ];
}

function giveOutcome(
  { outcome }: GiveOutcome,
  state: Generation,
  principal: Principal,
): GenerationEvent[] {
  const { status, target, outcome: given } = mustBeEnded(state, principal);
  if (status !== 'completed') throw new Rejected('generation/no-answer');
  if (target?.as === 'suggest') throw new Rejected('generation/outcome-by-suggestion');
  if (given === outcome) return [];
  if (given !== undefined) throw new Rejected('generation/outcome-given');
  return [{ type: 'OutcomeGiven', data: { outcome } }];
}

function mustBeEnded(state: Generation, principal: Principal): EndedGeneration {
  const known = mustBeVisible(state, principal, 'generation.outcome');
  if (known.status === 'open') throw new Rejected('generation/under-way');
  return known;
}

/** Those of others are not there for whoever may see only their own. */
export function mustBeVisible(
  state: Generation,
  principal: Principal,
  action: Action,
): OpenGeneration | EndedGeneration {
  assertMay(principal, action);
  if (state.status === 'missing' || state.status === 'abandoned') {
    throw new Rejected('generation/not-found');
  }
  if (reachOf(principal, action) !== 'all' && !isOf(state.requestedBy, principal)) {
    throw new Rejected('generation/not-found');
  }
  return state;
}

const isOf = (requestedBy: MemberId | undefined, { member }: Principal): boolean =>
  requestedBy === member;

export const generationAggregate: Aggregate<Generation, GenerationCommand, GenerationEvent> = {
  kind: 'generation',
  decider: { initialState, decide, evolve, erase },
  events: generationEvents,
};
