import type { Direction, FilterAction, RuleId } from '#domain/compliance/finding.ts';
import type { PolicyId } from '#domain/ids.ts';
import type { Actions, DetectorSettings } from './events.ts';

export type PolicyInForce = {
  readonly policyId: PolicyId;
  readonly version: number;
  readonly detectors: readonly DetectorSettings[];
};

/** A deny list under the name of its rule. */
export type RuledPhrases = {
  readonly rule: RuleId;
  readonly phrases: readonly string[];
  readonly actions: Actions;
};

/** `default.0+names.3`: which versions of which policies a verdict was made under. */
export const policyVersionOf = (policies: readonly PolicyInForce[]): string =>
  policies.map(({ policyId, version }) => `${policyId}.${version}`).join('+');

/** Of all policies the strictest: one that allows something does not take back what another forbids. */
export function secretAction(
  policies: readonly PolicyInForce[],
  rule: RuleId,
  direction: Direction,
): FilterAction | undefined {
  const actions = policies.flatMap(({ detectors }) =>
    detectors.flatMap((settings) => {
      if (settings.detector !== 'secrets') return [];
      const exception = settings.exceptions?.findLast((one) => one.rule === rule);
      return [exception?.actions[direction] ?? settings.actions[direction]];
    }),
  );
  return (['block', 'redact'] as const).find((action) => actions.some((one) => one === action));
}

export const denyLists = (policies: readonly PolicyInForce[]): RuledPhrases[] =>
  policies.flatMap(({ policyId, detectors }) =>
    detectors.flatMap((settings) => {
      if (settings.detector !== 'deny-list') return [];
      const { name, phrases, actions } = settings;
      return [{ rule: `deny/${policyId}.${name}` as RuleId, phrases, actions }];
    }),
  );

/** `undefined` where it is allowed. */
export function forbidding(actions: Actions, direction: Direction): FilterAction | undefined {
  const action = actions[direction];
  return action === 'allow' ? undefined : action;
}
