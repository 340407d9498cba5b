import type { Reserve, Reservation } from '#commands/admission.ts';
import { type Amount, zero } from '#domain/amount.ts';
import type { ReservationId } from '#domain/budget/ids.ts';
import type { Limits } from '#domain/budget/limits.ts';
import { type TenantId, derivedUuid } from '#domain/ids.ts';

const endsAt = Date.parse('2100-01-01T00:00:00Z');
export const today = { day: { id: '2099-12-31', endsAt }, month: { id: '2099-12', endsAt } };
export const windowIds = [today.day.id, today.month.id];

export const amountOf = (tokens: number, costNanoUsd = tokens): Amount => ({ tokens, costNanoUsd });
export const nothing = zero;

/** A reservation whose id follows from its name, within the limits of its tenant. */
export const reservation = (
  tenant: TenantId,
  name: string,
  amount: Amount,
  limits: Limits = {},
  more: Partial<Reserve> = {},
): Reserve => ({
  tenant,
  id: derivedUuid('reservation', tenant, name) as ReservationId,
  holder: 'holder-1',
  windows: today,
  amount,
  claims: [{ scope: 'tenant', limits }],
  leaseMs: 600_000,
  ...more,
});

export const named = ({ tenant, id, windows }: Reserve): Reservation => ({
  tenant,
  id,
  windows: { day: windows.day.id, month: windows.month.id },
});
