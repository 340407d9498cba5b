import type { Aggregate } from '#domain/aggregate.ts';
import { type BudgetEvent, budgetEvents } from './events.ts';
import type { Epoch } from './ledger.ts';

/** Where a tenant's counters stand: the last epoch that began. */
export type Counting = { readonly epoch: Epoch };

export type BeginEpoch = {
  readonly type: 'BeginEpoch';
  readonly epoch: Epoch;
  /** The last one that the caller knew of. */
  readonly after: Epoch;
};

/** Whoever slept while another epoch began changes nothing. */
const decide = ({ epoch, after }: BeginEpoch, state: Counting): BudgetEvent[] =>
  after === state.epoch && epoch !== after ? [{ type: 'EpochBegan', data: { epoch, after } }] : [];

export const budgetAggregate: Aggregate<Counting, BeginEpoch, BudgetEvent> = {
  kind: 'budget',
  decider: {
    initialState: { epoch: '' },
    decide,
    evolve: (_, { data: { epoch } }) => ({ epoch }),
  },
  events: budgetEvents,
};
