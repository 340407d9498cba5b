import assert from 'node:assert/strict';
import type { DecisionContext, Decider } from '#domain/decider.ts';
import type { DomainEvent } from '#domain/event.ts';
import {
  type CommandId,
  type MemberId,
  OPERATOR,
  type TenantId,
  derivedUuid,
} from '#domain/ids.ts';
import { Rejected, type RejectionCode } from '#domain/rejected.ts';
import type { Principal, Role } from '#domain/rights.ts';

export const acme = 'acme' as TenantId;

/** A member of tenant `acme` whose id follows from the name. */
export const principal = (name: string, ...roles: Role[]): Principal => ({
  tenant: acme,
  member: memberNamed(name),
  roles,
  groups: [],
});
export const memberNamed = (name: string): MemberId => derivedUuid('test', name) as MemberId;

/** The operator, acting on tenant `acme`. */
export const operator: Principal = {
  tenant: acme,
  member: OPERATOR,
  roles: ['operator'],
  groups: [],
};

export const at = (time: string): Date => new Date(time);

/**
 * A decider's rules as sentences:
 * `given(decider, ...history).when(command, { principal }).happens(...events)`.
 */
export function given<State, Command, Event extends DomainEvent>(
  decider: Decider<State, Command, Event>,
  ...history: Event[]
) {
  const state = history.reduce(decider.evolve, decider.initialState);

  return {
    state,
    when(command: Command, context: Partial<DecisionContext> = {}) {
      const commandId = context.commandId ?? (derivedUuid('test', 'command') as CommandId);
      const decide = () =>
        decider.decide(command, state, {
          principal: principal('olivia', 'owner'),
          commandId,
          now: at('2026-01-31T12:00:30.000Z'),
          derive: (label) => derivedUuid(label, commandId),
          revision: history.length - 1,
          ...context,
        });
      return {
        happens: (...events: Event[]) => assert.deepEqual(decide(), events),
        nothingHappens: () => assert.deepEqual(decide(), []),
        isRejected: (code: RejectionCode) =>
          assert.throws(decide, (error) => {
            assert.ok(error instanceof Rejected, String(error));
            assert.equal(error.code, code);
            return true;
          }),
        /** Everything that happened, old and new; the same command must now change nothing. */
        twice() {
          const events = decide();
          assert.notDeepEqual(events, [], 'the first time, something happens');
          given(decider, ...history, ...events)
            .when(command, context)
            .nothingHappens();
        },
      };
    },
  };
}
