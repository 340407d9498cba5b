import { Rejected } from '#domain/rejected.ts';
import type { Refusal } from './admit.ts';

/** The domain's "no" to a generation that does not fit, with what the caller can do about it. */
export function refused({ scope, limit, allowed, freesInMs }: Refusal): Rejected {
  const details = { scope, limit, allowed };
  return freesInMs === null
    ? new Rejected('budget/never-fits', details)
    : new Rejected('budget/exhausted', { ...details, freesInMs });
}
