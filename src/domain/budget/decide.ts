import type { Aggregate } from '#domain/aggregate.ts';
import type { DecisionContext } from '#domain/decider.ts';
import { isSame } from '#domain/is-same.ts';
import { Rejected } from '#domain/rejected.ts';
import { assertMay } from '#domain/rights.ts';
import { withoutUndefined } from '#domain/without-undefined.ts';
import { type BudgetEvent, type BudgetLimits, budgetEvents } from './events.ts';
import type { Epoch } from './ledger.ts';
import type { Scope } from './limits.ts';

/** Where a tenant's counters stand: the last epoch that began. */
export type Counting = { readonly epoch: Epoch };

/** Of the stream of epochs the one, of a scope's stream the other. */
export type Budget = Counting & { readonly limits: BudgetLimits | undefined };

export type BeginEpoch = {
  readonly type: 'BeginEpoch';
  readonly epoch: Epoch;
  /** The last one that the caller knew of. */
  readonly after: Epoch;
};
type SetBudget = {
  readonly type: 'SetBudget';
  readonly scope: Scope;
  readonly limits: BudgetLimits;
};
type RemoveBudget = { readonly type: 'RemoveBudget'; readonly scope: Scope };
export type BudgetCommand = BeginEpoch | SetBudget | RemoveBudget;

function decide(
  command: BudgetCommand,
  state: Budget,
  { principal }: DecisionContext,
): BudgetEvent[] {
  if (command.type === 'BeginEpoch') return beginEpoch(command, state);
  assertMay(principal, 'budget.manage');
  const { scope } = command;
  switch (command.type) {
    case 'SetBudget': {
      const limits = withoutUndefined(command.limits);
      if (state.limits !== undefined && isSame(limits, state.limits)) return [];
      return [{ type: 'BudgetSet', data: { scope, limits } }];
    }
    case 'RemoveBudget':
      if (state.limits === undefined) throw new Rejected('budget/not-found');
      return [{ type: 'BudgetRemoved', data: { scope } }];
  }
}

/** Whoever slept while another epoch began changes nothing. */
const beginEpoch = ({ epoch, after }: BeginEpoch, state: Counting): BudgetEvent[] =>
  after === state.epoch && epoch !== after ? [{ type: 'EpochBegan', data: { epoch, after } }] : [];

function evolve(state: Budget, event: BudgetEvent): Budget {
  switch (event.type) {
    case 'EpochBegan':
      return { ...state, epoch: event.data.epoch };
    case 'BudgetSet':
      return { ...state, limits: event.data.limits };
    case 'BudgetRemoved':
      return { ...state, limits: undefined };
  }
}

export const budgetAggregate: Aggregate<Budget, BudgetCommand, BudgetEvent> = {
  kind: 'budget',
  decider: { initialState: { epoch: '', limits: undefined }, decide, evolve },
  events: budgetEvents,
};
