import type { Aggregate } from '#domain/aggregate.ts';
import { assertMay } from '#domain/rights.ts';
import { type ProjectionEvent, projectionEvents } from './events.ts';

export type DropDeadLetters = {
  readonly type: 'DropDeadLetters';
  readonly projection: string;
  readonly stream: string;
  readonly count: number;
  readonly reason?: string;
};

/** What operators did to a tenant's views, on the tenant's own stream: nothing needs to be known before. */
export const projectionAggregate: Aggregate<undefined, DropDeadLetters, ProjectionEvent> = {
  kind: 'projection',
  decider: {
    initialState: undefined,
    decide: ({ projection, stream, count, reason }, _state, { principal }) => {
      assertMay(principal, 'projections.operate');
      const data = { projection, stream, count, ...(reason !== undefined && { reason }) };
      return [{ type: 'DeadLettersDropped', data }];
    },
    evolve: (state) => state,
  },
  events: projectionEvents,
};
