import type { QuickDetector } from '#commands/filter/detector-port.ts';
import { watchShapes } from '#domain/compliance/matching/watch-shapes.ts';
import { type PolicyInForce, secretAction } from '#domain/compliance/policy/rules-in-force.ts';
import {
  SECRETS_VERSION,
  secretIndex,
  secretRules,
  secretShapes,
} from '#domain/compliance/secrets/secret-rules.ts';
import { inEveryDirection } from './in-every-direction.ts';

/** Keys, tokens and passwords. */
export function secretsDetector(policies: readonly PolicyInForce[]): QuickDetector {
  const rulesIn = inEveryDirection((direction) =>
    secretRules.map((rule) => ({ rule, action: secretAction(policies, rule, direction) })),
  );
  return {
    version: SECRETS_VERSION,
    watch: (direction) => {
      const rules = rulesIn[direction];
      return rules && { rules, watch: watchShapes(secretShapes, secretIndex) };
    },
  };
}
