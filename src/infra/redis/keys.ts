import type { Reservation } from '#commands/admission.ts';
import type { ModelAt } from '#commands/generation/breaker-port.ts';
import type { PartPlace } from '#commands/generation/part-port.ts';
import type { Scope } from '#domain/budget/limits.ts';
import type { TenantId } from '#domain/ids.ts';

// The tenant stands in braces: Redis Cluster then keeps all of a tenant's keys in one slot, which a
// script needs. The epoch is part of every name but its own, so that what was counted in another
// one cannot be met; it expires.

const of = (tenant: TenantId) => `palimpsest:{${tenant}}`;

/** Of no tenant: whoever asks is not known yet. */
export const addressKey = (name: string) => `palimpsest:address:${name}`;

/** Which generations are called off. Ids are unguessable, and whoever hears one of another tenant has none of it. */
export const CALL_OFFS = 'palimpsest:call-offs';

export const epochKey = (tenant: TenantId) => `${of(tenant)}:epoch`;

export const windowKey = (tenant: TenantId, epoch: string, window: string) =>
  `${of(tenant)}:${epoch}:window:${window}`;

export const reservationKey = (tenant: TenantId, epoch: string, id: string) =>
  `${of(tenant)}:${epoch}:reservation:${id}`;

export const leasesKey = (tenant: TenantId, epoch: string) => `${of(tenant)}:${epoch}:leases`;

export const underWayKey = (tenant: TenantId, epoch: string) => `${of(tenant)}:${epoch}:under-way`;

export const paceKeys = (tenant: TenantId, epoch: string, scopes: readonly Scope[]) =>
  scopes.map((scope) => `${of(tenant)}:${epoch}:pace:${scope}`);

/** In the order in which `hold.lua` names them. */
export const holdKeys = ({ tenant, id, windows }: Reservation, epoch: string): string[] => [
  epochKey(tenant),
  reservationKey(tenant, epoch, id),
  windowKey(tenant, epoch, windows.day),
  windowKey(tenant, epoch, windows.month),
  leasesKey(tenant, epoch),
  underWayKey(tenant, epoch),
];

export const answerKey = (tenant: TenantId, name: string) => `${of(tenant)}:answer:${name}`;

export const partsKey = ({ tenant, name }: PartPlace) => `${of(tenant)}:parts:${name}`;

/** That somebody waits for these parts. */
export const awaitedKey = ({ tenant, name }: PartPlace) => `${of(tenant)}:awaited:${name}`;

/** Of no tenant: a model fails for everybody. */
export const breakerKey = ({ provider, model }: ModelAt) =>
  `palimpsest:breaker:{${provider}/${model}}`;

export const callsKey = ({ provider, model }: ModelAt, slice: number) =>
  `palimpsest:calls:{${provider}/${model}}:${slice}`;
