import type { PolicyId } from '#domain/ids.ts';
import type { PolicyInForce } from './rules-in-force.ts';

/**
 * Holds for every tenant that has not published or withdrawn a policy of this id: nobody has to
 * think of it before the first key is pasted into a prompt.
 */
export const shippedPolicy: PolicyInForce = {
  policyId: 'default' as PolicyId,
  version: 0,
  detectors: [
    {
      detector: 'secrets',
      actions: { prompt: 'redact', context: 'redact', answer: 'redact' },
    },
  ],
};
