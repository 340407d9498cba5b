import type { Aggregate } from '#domain/aggregate.ts';
import type { DecisionContext } from '#domain/decider.ts';
import type { CascadeId, ModelId } from '#domain/ids.ts';
import { isSame } from '#domain/is-same.ts';
import { Rejected } from '#domain/rejected.ts';
import { assertMay } from '#domain/rights.ts';
import { type CascadeEvent, cascadeEvents } from './events.ts';

export type Cascade =
  | { readonly status: 'missing' }
  | {
      readonly status: 'published';
      readonly version: number;
      readonly models: readonly ModelId[];
    };

/** Which models a task tries, and in which order. */
export type PublishCascade = {
  readonly type: 'PublishCascade';
  readonly cascadeId: CascadeId;
  readonly models: readonly ModelId[];
  /** The first that was never published; read by the caller, as published models stay. */
  readonly unknownModel: ModelId | undefined;
};

function decide(
  { cascadeId, models, unknownModel }: PublishCascade,
  state: Cascade,
  { principal }: DecisionContext,
): CascadeEvent[] {
  assertMay(principal, 'provider.publish');
  if (unknownModel !== undefined) throw new Rejected('model/not-found', { model: unknownModel });
  const newest = state.status === 'published' ? state : undefined;
  if (newest && isSame(newest.models, models)) return [];
  const version = (newest?.version ?? 0) + 1;
  return [{ type: 'CascadePublished', data: { cascadeId, version, models: [...models] } }];
}

function evolve(_: Cascade, { data: { version, models } }: CascadeEvent): Cascade {
  return { status: 'published', version, models };
}

export const cascadeAggregate: Aggregate<Cascade, PublishCascade, CascadeEvent> = {
  kind: 'cascade',
  decider: { initialState: { status: 'missing' }, decide, evolve },
  events: cascadeEvents,
};
