import type { Aggregate } from '#domain/aggregate.ts';
import type { DecisionContext } from '#domain/decider.ts';
import type { PolicyId } from '#domain/ids.ts';
import { isSame } from '#domain/is-same.ts';
import { Rejected } from '#domain/rejected.ts';
import { assertMay } from '#domain/rights.ts';
import { type DetectorSettings, type PolicyEvent, policyEvents } from './events.ts';
import { shippedPolicy } from './shipped-policy.ts';

type Policy =
  | { readonly status: 'missing' }
  | {
      readonly status: 'published' | 'withdrawn';
      readonly version: number;
      readonly detectors: readonly DetectorSettings[];
    };

/** What is looked for in a tenant's texts, and what is done where it is found. */
export type PolicyCommand =
  | {
      readonly type: 'PublishPolicy';
      readonly policyId: PolicyId;
      readonly detectors: readonly DetectorSettings[];
    }
  | { readonly type: 'WithdrawPolicy'; readonly policyId: PolicyId };

function decide(
  command: PolicyCommand,
  state: Policy,
  { principal }: DecisionContext,
): PolicyEvent[] {
  assertMay(principal, 'policy.publish');
  const { policyId } = command;
  switch (command.type) {
    case 'PublishPolicy': {
      const { detectors } = command;
      if (state.status === 'published' && isSame(state.detectors, detectors)) return [];
      const version = state.status === 'missing' ? 1 : state.version + 1;
      return [{ type: 'PolicyPublished', data: { policyId, version, detectors: [...detectors] } }];
    }
    case 'WithdrawPolicy':
      if (state.status === 'withdrawn') return [];
      // The shipped one holds without ever having been published.
      if (state.status === 'missing' && policyId !== shippedPolicy.policyId) {
        throw new Rejected('policy/not-found');
      }
      return [{ type: 'PolicyWithdrawn', data: { policyId } }];
  }
}

function evolve(state: Policy, event: PolicyEvent): Policy {
  switch (event.type) {
    case 'PolicyPublished': {
      const { version, detectors } = event.data;
      return { status: 'published', version, detectors };
    }
    case 'PolicyWithdrawn': {
      const known = state.status === 'missing' ? { version: 0, detectors: [] } : state;
      return { ...known, status: 'withdrawn' };
    }
  }
}

export const policyAggregate: Aggregate<Policy, PolicyCommand, PolicyEvent> = {
  kind: 'policy',
  decider: { initialState: { status: 'missing' }, decide, evolve },
  events: policyEvents,
};
