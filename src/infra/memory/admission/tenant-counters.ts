import {
  type ExpiredHold,
  type Held,
  type Holder,
  type NotHeld,
  type Refused,
  type Reserve,
  type Reserved,
  type Reservation,
  type TopUp,
  type ScopeUsage,
  WrongReservation,
} from '#commands/admission.ts';
import { type Amount, plus, zero } from '#domain/amount.ts';
import { type ScopeStanding, refusalOf, topUpRefusalOf } from '#domain/budget/admit.ts';
import type { ReservationId } from '#domain/budget/ids.ts';
import type { Ended, Epoch, Ledger } from '#domain/budget/ledger.ts';
import type { Scope } from '#domain/budget/limits.ts';
import type { TenantId } from '#domain/ids.ts';
import { type OpenHold, countedHolds } from './holds.ts';
import { paces } from './paces.ts';
import { type WindowIds, countedWindows } from './windows.ts';

type Built = {
  readonly tenant: TenantId;
  readonly epoch: Epoch;
  readonly ledger: Ledger;
  readonly builtAt: number;
};

/** The counters of one tenant. No step waits, so no other comes between its parts. */
export type TenantCounters = ReturnType<typeof tenantCounters>;

export function tenantCounters({ tenant, epoch, ledger, builtAt }: Built) {
  const windows = countedWindows();
  const pace = paces();
  const holds = countedHolds(windows, epoch);

  const usage = (ids: WindowIds, scope: Scope): ScopeUsage => ({
    ...windows.standing(ids, scope),
    open: holds.underWay(scope),
  });
  const standingIn =
    (ids: WindowIds) =>
    (scope: Scope): ScopeStanding => ({
      ...usage(ids, scope),
      ...pace.of(scope),
    });

  for (const { window, scope, amount } of ledger.settled) {
    windows.add(window, scope, { settled: amount }, builtAt);
  }
  for (const { id, attempts, leaseMs, ...held } of ledger.open) {
    const fresh = { attempts: new Set(attempts), expiresAt: builtAt + leaseMs };
    holds.begin(id, { ...held, ...fresh }, builtAt);
  }
  for (const { id, ...how } of ledger.ended) holds.end(id, how, builtAt);

  return {
    reserve: (request: Reserve, now: number): Reserved => {
      const { id, holder, amount, claims, leaseMs } = request;
      const there = holds.usable(id, holder, now);
      if (!('status' in there)) return holds.heldOf(there);
      if (there.status !== 'unknown') return there;
      const ids = idsOf(request.windows);
      const moment = { now, windows: request.windows };
      const refusal = refusalOf(claims, standingIn(ids), amount, moment);
      if (refusal !== undefined) return { status: 'refused', refusal };
      for (const claim of claims) pace.take(claim, amount.tokens, now);
      const scopes = claims.map(({ scope }) => scope);
      const lease = { attempts: new Set<number>(), expiresAt: now + leaseMs };
      return holds.begin(id, { holder, windows: ids, scopes, amount, ...lease }, now);
    },
    confirm: (id: ReservationId, holder: Holder, asked: Amount, now: number): Held | NotHeld => {
      const there = holds.usable(id, holder, now);
      if ('status' in there) return there;
      const { tokens, costNanoUsd } = there.amount;
      const isShort = tokens < asked.tokens || costNanoUsd < asked.costNanoUsd;
      return isShort ? { status: 'unknown' } : holds.heldOf(there);
    },
    renew: (id: ReservationId, holder: Holder, leaseMs: number, now: number): Held | NotHeld => {
      const there = holds.usable(id, holder, now);
      if ('status' in there) return there;
      return holds.replace(id, { ...there, expiresAt: now + leaseMs });
    },
    topUp: (request: TopUp, now: number): Held | Refused | NotHeld => {
      const { id, holder, attempt, amount, claims } = request;
      const there = holds.usable(id, holder, now);
      if ('status' in there) return there;
      assertSame(request, there);
      if (there.attempts.has(attempt)) return holds.heldOf(there);
      const moment = { now, windows: request.windows };
      const refusal = topUpRefusalOf(claims, standingIn(there.windows), amount, moment);
      if (refusal !== undefined) return { status: 'refused', refusal };
      windows.addToBoth(there.windows, there.scopes, { held: amount }, now);
      const attempts = new Set(there.attempts).add(attempt);
      return holds.replace(id, { ...there, attempts, amount: plus(there.amount, amount) });
    },
    settle: (
      { id, windows }: Reservation,
      actual: Amount,
      now: number,
    ): Ended | { status: 'unknown' } => {
      holds.assertWindows(id, windows);
      if (!holds.isOpen(id)) return holds.endOf(id) ?? { status: 'unknown' };
      return holds.end(id, { status: 'settled', amount: actual }, now);
    },
    release: ({ id, windows }: Reservation, now: number): Ended => {
      holds.assertWindows(id, windows);
      return holds.endOf(id) ?? holds.end(id, { status: 'released', amount: zero }, now);
    },
    expired: (now: number, limit: number): ExpiredHold[] =>
      holds.expired(now, limit).map(([id, { windows, holder, amount, expiresAt }]) => ({
        reservation: { tenant, id, windows },
        holder,
        amount,
        expiredAt: expiresAt,
      })),
    usage,
    totals: windows.totals,
  };
}

function assertSame({ id, claims, windows }: TopUp, held: OpenHold): void {
  const isSame =
    claims.length === held.scopes.length &&
    claims.every(({ scope }, index) => held.scopes[index] === scope) &&
    windows.day.id === held.windows.day &&
    windows.month.id === held.windows.month;
  if (!isSame) throw new WrongReservation({ id });
}

const idsOf = ({ day, month }: Reserve['windows']): WindowIds => ({ day: day.id, month: month.id });
