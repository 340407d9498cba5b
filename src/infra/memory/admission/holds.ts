import { type Held, type Holder, type NotHeld, WrongReservation } from '#commands/admission.ts';
import { type Amount, minus, zero } from '#domain/amount.ts';
import type { ReservationId } from '#domain/budget/ids.ts';
import { ENDED_KEPT_MS } from '#domain/budget/kept.ts';
import type { Ended, Epoch } from '#domain/budget/ledger.ts';
import type { Scope } from '#domain/budget/limits.ts';
import type { WindowIds, countedWindows } from './windows.ts';

export type OpenHold = {
  readonly holder: Holder;
  readonly windows: WindowIds;
  readonly scopes: readonly Scope[];
  readonly attempts: ReadonlySet<number>;
  readonly amount: Amount;
  readonly expiresAt: number;
};

/** What is held by reservation and what became of it; the windows count both. */
export function countedHolds(windows: ReturnType<typeof countedWindows>, epoch: Epoch) {
  const open = new Map<ReservationId, OpenHold>();
  const underWay = new Map<Scope, number>();
  const ended = new Map<ReservationId, Ended & { readonly at: number }>();

  const endOf = (id: ReservationId): Ended | undefined => {
    const found = ended.get(id);
    return found && { status: found.status, amount: found.amount };
  };

  const forgetOld = (now: number) => {
    for (const [id, { at }] of ended) {
      if (at > now - ENDED_KEPT_MS) break;
      ended.delete(id);
    }
  };

  return {
    begin: (id: ReservationId, held: OpenHold, now: number): Held => {
      open.set(id, held);
      windows.addToBoth(held.windows, held.scopes, { held: held.amount }, now);
      for (const scope of held.scopes) underWay.set(scope, (underWay.get(scope) ?? 0) + 1);
      return heldOf(held, epoch);
    },
    /** With another lease, or more. */
    replace: (id: ReservationId, held: OpenHold): Held => {
      open.set(id, held);
      return heldOf(held, epoch);
    },
    end: (id: ReservationId, how: Ended, now: number): Ended => {
      const held = open.get(id);
      if (held !== undefined) {
        open.delete(id);
        const change = { settled: how.amount, held: minus(zero, held.amount) };
        windows.addToBoth(held.windows, held.scopes, change, now);
        for (const scope of held.scopes) {
          const left = (underWay.get(scope) ?? 0) - 1;
          if (left > 0) underWay.set(scope, left);
          else underWay.delete(scope);
        }
      }
      ended.set(id, { ...how, at: now });
      forgetOld(now);
      return how;
    },
    endOf,
    isOpen: (id: ReservationId): boolean => open.has(id),
    /** The hold, if this holder may spend it. */
    usable: (id: ReservationId, holder: Holder, now: number): OpenHold | NotHeld => {
      const held = open.get(id);
      if (held === undefined) return endOf(id) ?? { status: 'unknown' };
      if (held.holder !== holder) return { status: 'foreign' };
      return held.expiresAt <= now ? { status: 'expired' } : held;
    },
    heldOf: (held: OpenHold): Held => heldOf(held, epoch),
    /** Throws `WrongReservation`. */
    assertWindows: (id: ReservationId, { day, month }: WindowIds): void => {
      const made = open.get(id)?.windows;
      if (made && (made.day !== day || made.month !== month)) throw new WrongReservation({ id });
    },
    underWay: (scope: Scope): number => underWay.get(scope) ?? 0,
    /** The longest expired first. */
    expired: (now: number, limit: number): (readonly [ReservationId, OpenHold])[] =>
      [...open]
        .filter(([, { expiresAt }]) => expiresAt <= now)
        .toSorted(([, a], [, b]) => a.expiresAt - b.expiresAt)
        .slice(0, limit),
  };
}

const heldOf = ({ amount, expiresAt }: OpenHold, epoch: Epoch): Held => ({
  status: 'held',
  amount,
  expiresAt,
  epoch,
});
