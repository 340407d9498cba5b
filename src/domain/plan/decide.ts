import type { Aggregate } from '#domain/aggregate.ts';
import type { DecisionContext } from '#domain/decider.ts';
import type { PlanId } from '#domain/ids.ts';
import { isSame } from '#domain/is-same.ts';
import { assertMay } from '#domain/rights.ts';
import { type PlanEvent, type PlanFigures, planEvents } from './events.ts';

export type Plan =
  | { readonly status: 'missing' }
  | {
      readonly status: 'published';
      readonly version: number;
      readonly name: string;
      readonly figures: PlanFigures;
    };

/** A new version. The old ones stay: what a tenant had in March is asked in June. */
export type PublishPlan = {
  readonly type: 'PublishPlan';
  readonly planId: PlanId;
  readonly name: string;
  readonly figures: PlanFigures;
};
export type PlanCommand = PublishPlan;

function decide(command: PlanCommand, state: Plan, { principal }: DecisionContext): PlanEvent[] {
  assertMay(principal, 'plan.publish');
  const { planId, name, figures } = command;
  const newest = state.status === 'published' ? state : undefined;
  if (newest && newest.name === name && isSame(newest.figures, figures)) return [];
  const version = (newest?.version ?? 0) + 1;
  return [{ type: 'PlanPublished', data: { planId, version, name, figures } }];
}

function evolve(_: Plan, { data: { version, name, figures } }: PlanEvent): Plan {
  return { status: 'published', version, name, figures };
}

export const planAggregate: Aggregate<Plan, PlanCommand, PlanEvent> = {
  kind: 'plan',
  decider: { initialState: { status: 'missing' }, decide, evolve },
  events: planEvents,
};
