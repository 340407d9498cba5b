import type { CallHealth } from '#domain/breaker/breaker.ts';
import type { ModelErrorKind } from '#domain/generation/model-error.ts';
import type { Attempted } from './attempt-once.ts';
import type { TimeLimits } from './model-port.ts';

/** Whoever asks for an answer sooner than this has themselves to blame, and not the model. */
const LEAST_BLAMED_MS = 2_000;

/** The model's or its provider's own doing, whoever asks and whatever is asked. */
const failures: ReadonlySet<ModelErrorKind> = new Set(['overloaded', 'unreachable', 'cut']);
/** Of one account: ours is everybody's, a tenant's own is the tenant's. */
const ofAccount: ReadonlySet<ModelErrorKind> = new Set(['rate-limited', 'quota-exhausted', 'auth']);

/**
 * What an attempt says about its model to everybody else. One tenant's prompts, keys and patience
 * must not close a model to the others.
 */
export function healthOf({ made, error }: Attempted, limits: TimeLimits): CallHealth {
  if (error === undefined) return 'succeeded';
  const { kind } = error;
  if (failures.has(kind)) return 'failed';
  if (ofAccount.has(kind)) return made.keyOf === 'platform' ? 'failed' : 'unknown';
  if (kind !== 'timeout') return 'unknown';
  const waited = Math.min(limits.firstPartMs, limits.nextPartMs);
  return waited >= LEAST_BLAMED_MS ? 'failed' : 'unknown';
}
