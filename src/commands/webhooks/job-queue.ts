import type { TenantId } from '#domain/ids.ts';
import type { DeliveryId } from '#domain/delivery/ids.ts';

/** All that a job says: the rest is in the log. */
export type DeliveryJob = { readonly tenant: TenantId; readonly delivery: DeliveryId };

export type Attempt = {
  /** As far as the queue knows: one that was lost begins anew. */
  readonly isLast: boolean;
};

/** Throws to be called again later, unless it was the last time. */
export type Work = (job: DeliveryJob, attempt: Attempt) => Promise<void>;

/**
 * Jobs that are tried again, each time later and not in step with others. A queue may forget: what
 * is due is in the log, and is added again from there every now and then.
 */
export type JobQueue = {
  /** A job that is waiting or under way already is not added again. */
  readonly add: (job: DeliveryJob) => Promise<void>;
  readonly start: (work: Work) => void;
  readonly stop: () => Promise<void>;
};

export type Retries = { readonly most: number; readonly firstPauseMs: number };

/** Two hours and a quarter in all: longer than a deployment of the receiver, shorter than its day. */
export const RETRIES: Retries = { most: 14, firstPauseMs: 1_000 };
