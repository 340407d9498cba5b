import type { QuickDetector } from '#commands/filter/detector-port.ts';
import { indexShapes, watchShapes } from '#domain/compliance/matching/watch-shapes.ts';
import { type PolicyInForce, secretAction } from '#domain/compliance/policy/rules-in-force.ts';
import { SECRETS_VERSION, secrets } from '#domain/compliance/secrets/secret-rules.ts';
import { inEveryDirection } from './in-every-direction.ts';

/** Keys, tokens and passwords. */
export function secretsDetector(policies: readonly PolicyInForce[]): QuickDetector {
  const acting = inEveryDirection(
    (direction) =>
      secrets.flatMap(({ rule, shape }) => {
        const action = secretAction(policies, rule, direction);
        return action === undefined ? [] : [{ rule, action, shape }];
      }),
    (all) => {
      const shapes = all.map(({ shape }) => shape);
      const rules = all.map(({ rule, action }) => ({ rule, action }));
      return { rules, shapes, index: indexShapes(shapes) };
    },
  );
  return {
    version: SECRETS_VERSION,
    watch: (direction) => {
      const found = acting[direction];
      return found && { rules: found.rules, watch: watchShapes(found.shapes, found.index) };
    },
  };
}
