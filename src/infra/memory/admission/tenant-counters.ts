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
  type Usage,
  WrongReservation,
} from '#commands/admission.ts';
import { type Standing, refusalOf, topUpRefusalOf } from '#domain/budget/admit.ts';
import { type Amount, minus, plus, zero } from '#domain/budget/amount.ts';
import type { ReservationId } from '#domain/budget/ids.ts';
import { ENDED_KEPT_MS } from '#domain/budget/kept.ts';
import type { Ended, Epoch, Ledger } from '#domain/budget/ledger.ts';
import type { Scope } from '#domain/budget/limits.ts';
import type { TenantId } from '#domain/ids.ts';
import { paces } from './paces.ts';
import { type WindowIds, countedWindows } from './windows.ts';

type OpenHold = {
  readonly holder: Holder;
  readonly windows: WindowIds;
  readonly scopes: readonly Scope[];
  readonly attempts: ReadonlySet<number>;
  readonly amount: Amount;
  readonly expiresAt: number;
};

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
  const underWay = new Map<Scope, number>();
  const holds = new Map<ReservationId, OpenHold>();
  const ended = new Map<ReservationId, Ended & { readonly at: number }>();

  const hold = (id: ReservationId, held: OpenHold, now: number) => {
    holds.set(id, held);
    windows.addToBoth(held.windows, held.scopes, { held: held.amount }, now);
    for (const scope of held.scopes) underWay.set(scope, (underWay.get(scope) ?? 0) + 1);
  };

  const end = (id: ReservationId, how: Ended, now: number): Ended => {
    const held = holds.get(id);
    if (held !== undefined) {
      holds.delete(id);
      const change = { settled: how.amount, held: minus(zero, held.amount) };
      windows.addToBoth(held.windows, held.scopes, change, now);
      for (const scope of held.scopes) {
        const left = (underWay.get(scope) ?? 0) - 1;
        if (left > 0) underWay.set(scope, left);
        else underWay.delete(scope);
      }
    }
    ended.set(id, { ...how, at: now });
    for (const [other, { at }] of ended) {
      if (at > now - ENDED_KEPT_MS) break;
      ended.delete(other);
    }
    return how;
  };

  const endOf = (id: ReservationId): Ended | undefined => {
    const found = ended.get(id);
    return found && { status: found.status, amount: found.amount };
  };

  const heldOf = ({ amount, expiresAt }: OpenHold): Held => ({
    status: 'held',
    amount,
    expiresAt,
    epoch,
  });

  /** The hold, if this holder may spend it. */
  const usable = (id: ReservationId, holder: Holder, now: number): OpenHold | NotHeld => {
    const held = holds.get(id);
    if (held === undefined) return endOf(id) ?? { status: 'unknown' };
    if (held.holder !== holder) return { status: 'foreign' };
    return held.expiresAt <= now ? { status: 'expired' } : held;
  };

  const assertWindows = (id: ReservationId, { day, month }: WindowIds) => {
    const made = holds.get(id)?.windows;
    if (made && (made.day !== day || made.month !== month)) throw new WrongReservation({ id });
  };

  const usage = (ids: WindowIds, scope: Scope): Usage => ({
    ...windows.standing(ids, scope),
    open: underWay.get(scope) ?? 0,
  });
  const standingIn =
    (ids: WindowIds) =>
    (scope: Scope): Standing => ({
      ...usage(ids, scope),
      ...pace.of(scope),
    });

  for (const { window, scope, amount } of ledger.settled) {
    windows.add(window, scope, { settled: amount }, builtAt);
  }
  for (const { id, attempts, leaseMs, ...held } of ledger.open) {
    const fresh = { attempts: new Set(attempts), expiresAt: builtAt + leaseMs };
    hold(id, { ...held, ...fresh }, builtAt);
  }
  for (const { id, ...how } of ledger.ended) end(id, how, builtAt);

  return {
    reserve: (request: Reserve, now: number): Reserved => {
      const { id, holder, amount, claims, leaseMs } = request;
      const there = usable(id, holder, now);
      if (!('status' in there)) return heldOf(there);
      if (there.status !== 'unknown') return there;
      const ids = idsOf(request.windows);
      const moment = { now, windows: request.windows };
      const refusal = refusalOf(claims, standingIn(ids), amount, moment);
      if (refusal !== undefined) return { status: 'refused', refusal };
      for (const claim of claims) pace.take(claim, amount.tokens, now);
      const made: OpenHold = {
        holder,
        windows: ids,
        scopes: claims.map(({ scope }) => scope),
        attempts: new Set(),
        amount,
        expiresAt: now + leaseMs,
      };
      hold(id, made, now);
      return heldOf(made);
    },
    confirm: (id: ReservationId, holder: Holder, asked: Amount, now: number): Held | NotHeld => {
      const there = usable(id, holder, now);
      if ('status' in there) return there;
      const { tokens, costNanoUsd } = there.amount;
      const isShort = tokens < asked.tokens || costNanoUsd < asked.costNanoUsd;
      return isShort ? { status: 'unknown' } : heldOf(there);
    },
    renew: (id: ReservationId, holder: Holder, leaseMs: number, now: number): Held | NotHeld => {
      const there = usable(id, holder, now);
      if ('status' in there) return there;
      const renewed = { ...there, expiresAt: now + leaseMs };
      holds.set(id, renewed);
      return heldOf(renewed);
    },
    topUp: (request: TopUp, now: number): Held | Refused | NotHeld => {
      const { id, holder, attempt, amount, claims } = request;
      const there = usable(id, holder, now);
      if ('status' in there) return there;
      assertSame(request, there);
      if (there.attempts.has(attempt)) return heldOf(there);
      const moment = { now, windows: request.windows };
      const refusal = topUpRefusalOf(claims, standingIn(there.windows), amount, moment);
      if (refusal !== undefined) return { status: 'refused', refusal };
      const attempts = new Set(there.attempts).add(attempt);
      const raised = { ...there, attempts, amount: plus(there.amount, amount) };
      holds.set(id, raised);
      windows.addToBoth(there.windows, there.scopes, { held: amount }, now);
      return heldOf(raised);
    },
    settle: (
      { id, windows }: Reservation,
      actual: Amount,
      now: number,
    ): Ended | { status: 'unknown' } => {
      assertWindows(id, windows);
      if (!holds.has(id)) return endOf(id) ?? { status: 'unknown' };
      return end(id, { status: 'settled', amount: actual }, now);
    },
    release: ({ id, windows }: Reservation, now: number): Ended => {
      assertWindows(id, windows);
      return endOf(id) ?? end(id, { status: 'released', amount: zero }, now);
    },
    expired: (now: number, limit: number): ExpiredHold[] =>
      [...holds]
        .filter(([, { expiresAt }]) => expiresAt <= now)
        .toSorted(([, a], [, b]) => a.expiresAt - b.expiresAt)
        .slice(0, limit)
        .map(([id, { windows, holder, amount, expiresAt }]) => ({
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
