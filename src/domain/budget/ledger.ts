import { minus, plus, zero } from '#domain/amount.ts';
import type { Amount } from '#domain/amount.ts';
import type { ReservationId } from './ids.ts';
import type { Scope } from './limits.ts';
import type { Period } from './windows.ts';

/** A name of its own for every building of the counters. */
export type Epoch = string;

/** `amount` is what was debited: nothing where it was released. */
export type Ended = { readonly status: 'settled' | 'released'; readonly amount: Amount };

export type LoggedHold = {
  readonly id: ReservationId;
  /** The process, or rather the one run of a generation, that may spend what is held. */
  readonly holder: string;
  readonly windows: Readonly<Record<Period, string>>;
  readonly scopes: readonly Scope[];
  /** The reservation and those of its top-ups that count. */
  readonly amount: Amount;
  readonly attempts: readonly number[];
  /** The log does not hear of renewals: whoever is at work has this long from a rebuild on. */
  readonly leaseMs: number;
};

/** What a log says of one tenant's budgets, at its head. */
export type Ledger = {
  /**
   * Absolute sums of the reservations that ended. What an open reservation was debited so far is
   * part of its hold until it ends, else it would be counted twice.
   */
  readonly settled: readonly {
    readonly window: string;
    readonly scope: Scope;
    readonly amount: Amount;
  }[];
  readonly open: readonly LoggedHold[];
  /** Reservations that ended lately: a process that slept through it must not make them again. */
  readonly ended: readonly (Ended & { readonly id: ReservationId })[];
};

/** What of the log matters to budgets, in the order of the log. */
export type LedgerEntry =
  /** Right after the epoch that was the last one when the counters were closed. */
  | { readonly type: 'epoch-began'; readonly epoch: Epoch; readonly after: Epoch }
  | { readonly type: 'reserved'; readonly hold: LoggedHold; readonly epoch: Epoch }
  | {
      readonly type: 'topped-up';
      readonly id: ReservationId;
      readonly attempt: number;
      readonly amount: Amount;
      readonly epoch: Epoch;
    }
  | { readonly type: 'ended'; readonly id: ReservationId; readonly end: Ended }
  /** After its end: a debit was `was`, and is `amount` from now on. */
  | {
      readonly type: 'adjusted';
      readonly id: ReservationId;
      readonly was: Amount;
      readonly amount: Amount;
    }
  /** Its hold was found, and the log had nothing of it that counts. */
  | { readonly type: 'abandoned'; readonly id: ReservationId };

type Logged = { hold: LoggedHold | undefined; counts: boolean; end: Ended | undefined };

/**
 * Folds the entries of a log. Whoever comes first decides, and a reservation or top-up counts if
 * the epoch that it was made in is, at its place, the last that began. So of two that took the same
 * money around a loss of the counters, the one that was logged too late does not count: it could
 * not be confirmed, and is made again and logged anew, or given up.
 */
export function ledgerFold() {
  const logged = new Map<ReservationId, Logged>();
  let current: Epoch = '';

  const of = (id: ReservationId): Logged => {
    const found = logged.get(id) ?? { hold: undefined, counts: false, end: undefined };
    logged.set(id, found);
    return found;
  };

  const reserve = (known: Logged, hold: LoggedHold, epoch: Epoch) => {
    known.hold ??= hold;
    known.counts ||= known.end === undefined && epoch === current;
  };

  const abandon = (known: Logged) => {
    if (!known.counts) known.end ??= { status: 'released', amount: zero };
  };

  const topUp = (known: Logged, attempt: number, amount: Amount) => {
    const { hold, end } = known;
    if (hold === undefined || end !== undefined || hold.attempts.includes(attempt)) return;
    const attempts = [...hold.attempts, attempt];
    known.hold = { ...hold, attempts, amount: plus(hold.amount, amount) };
  };

  const adjust = (known: Logged, { was, amount }: { was: Amount; amount: Amount }) => {
    if (known.end === undefined) return;
    known.end = { status: 'settled', amount: plus(minus(known.end.amount, was), amount) };
  };

  return {
    enter: (entry: LedgerEntry): void => {
      switch (entry.type) {
        case 'epoch-began':
          if (entry.after === current) current = entry.epoch;
          return;
        case 'reserved':
          return reserve(of(entry.hold.id), entry.hold, entry.epoch);
        case 'topped-up':
          if (entry.epoch === current) topUp(of(entry.id), entry.attempt, entry.amount);
          return;
        case 'ended':
          of(entry.id).end ??= entry.end;
          return;
        case 'adjusted':
          return adjust(of(entry.id), entry);
        case 'abandoned':
          return abandon(of(entry.id));
      }
    },
    /** The last that began; '' before the first. */
    epoch: (): Epoch => current,
    endOf: (id: ReservationId): Ended | undefined => logged.get(id)?.end,
    /** Whether it may have been confirmed, and so a provider called. */
    counts: (id: ReservationId): boolean => logged.get(id)?.counts === true,
    /** All that is reserved for it. */
    amountOf: (id: ReservationId): Amount => logged.get(id)?.hold?.amount ?? zero,
    ledger: (): Ledger => ({
      settled: settledSums([...logged.values()]),
      open: [...logged.values()].flatMap(({ hold, counts, end }) =>
        hold && counts && !end ? [hold] : [],
      ),
      ended: [...logged].flatMap(([id, { end }]) => (end ? [{ id, ...end }] : [])),
    }),
  };
}

function settledSums(logged: readonly Logged[]): Ledger['settled'] {
  const sums = new Map<string, Ledger['settled'][number]>();
  for (const { hold, end } of logged) {
    if (hold === undefined || end?.status !== 'settled') continue;
    for (const scope of hold.scopes) {
      for (const window of [hold.windows.day, hold.windows.month]) {
        const before = sums.get(`${window} ${scope}`)?.amount ?? zero;
        sums.set(`${window} ${scope}`, { window, scope, amount: plus(before, end.amount) });
      }
    }
  }
  return [...sums.values()];
}

/** Settled and held in one window, by scope: what the counters should have. */
export function totalsIn(window: string, { settled, open }: Ledger): Map<Scope, Amount> {
  const totals = new Map<Scope, Amount>();
  const add = (scope: Scope, amount: Amount) =>
    totals.set(scope, plus(totals.get(scope) ?? zero, amount));
  for (const one of settled) if (one.window === window) add(one.scope, one.amount);
  for (const { windows, scopes, amount } of open) {
    if (windows.day !== window && windows.month !== window) continue;
    for (const scope of scopes) add(scope, amount);
  }
  return totals;
}
