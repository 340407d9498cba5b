import { z } from 'zod';
import { derivedUuid } from '#domain/ids.ts';
import type { AlertEvent } from './events.ts';

export const AlertId = z.uuid().toLowerCase().brand<'AlertId'>();
export type AlertId = z.infer<typeof AlertId>;

/** One for each threshold of each limit of each scope in each window, and one projection. */
export function alertIdOf(alert: AlertEvent): AlertId {
  const { scope, limit, window } = alert.data;
  const threshold = alert.type === 'BudgetThresholdReached' ? alert.data.threshold : 'projected';
  return derivedUuid('alert', scope, limit, window, threshold) as AlertId;
}
