import type { Amount } from '#domain/amount.ts';
import type { Refusal, ScopeStanding } from '#domain/budget/admit.ts';
import type { Drift } from '#domain/budget/drift.ts';
import type { ReservationId } from '#domain/budget/ids.ts';
import type { Ended, Epoch, Ledger } from '#domain/budget/ledger.ts';
import type { Claim, Scope } from '#domain/budget/limits.ts';
import type { Period, Windows } from '#domain/budget/windows.ts';
import type { TenantId } from '#domain/ids.ts';

// The counters that stand between a generation and the provider. The log is the truth: they are
// derived from it, can be lost at any moment, and admit nothing until they were built anew.

/** Names a reservation in every step after the first; all of it is in the log. */
export type Reservation = {
  readonly tenant: TenantId;
  readonly id: ReservationId;
  /** Ids of the windows in which it was made. A call that ends after midnight is debited there. */
  readonly windows: Readonly<Record<Period, string>>;
};

/** The process, or rather the one run of a generation, that may spend what is held. */
export type Holder = string;

type Step = { readonly reservation: Reservation; readonly holder: Holder };

export type Reserve = {
  readonly tenant: TenantId;
  readonly id: ReservationId;
  readonly holder: Holder;
  readonly windows: Windows;
  readonly amount: Amount;
  /** The tenant, and the member, key and labels that are counted below it. */
  readonly claims: readonly Claim[];
  readonly leaseMs: number;
};

/** Scopes and windows are those of the reservation, the limits those of now. */
export type TopUp = Omit<Reserve, 'leaseMs'> & {
  /** Names this top-up within its reservation, so that its repeat raises nothing. */
  readonly attempt: number;
};

export type Held = {
  readonly status: 'held';
  /** All that is held for this reservation, top-ups included. */
  readonly amount: Amount;
  /** By the clock of the counters, in milliseconds since 1970. */
  readonly expiresAt: number;
  /** In whose counters it is held. It is logged with the reservation, and with the top-up. */
  readonly epoch: Epoch;
};
export type Refused = { readonly status: 'refused'; readonly refusal: Refusal };

/** Why a holder must not spend. */
export type NotHeld =
  | Ended
  /** Its lease ran out. It is counted as held until the log decided what became of it. */
  | { readonly status: 'expired' }
  /** Another holder has it. */
  | { readonly status: 'foreign' }
  /** The counters were lost before it, or its top-up, was in the log: make it again, or give up. */
  | { readonly status: 'unknown' };

/** Nothing is unknown that is just being made. */
export type Reserved = Held | Refused | Exclude<NotHeld, { status: 'unknown' }>;

export type ExpiredHold = {
  readonly reservation: Reservation;
  readonly holder: Holder;
  readonly amount: Amount;
  readonly expiredAt: number;
};

/**
 * Every step is atomic, and repeating it (same reservation, same attempt) changes nothing and is
 * answered as before. Figures are whole numbers up to 2^53 - 1; others are rejected as
 * `budget/not-countable`. Throws `AdmissionUnavailable` where nothing is known to have happened,
 * and `WrongReservation` for windows or scopes that are not those of the reservation.
 */
export type Admission = {
  /** Holds the amount in every claim, or in none: a refusal consumes nothing. */
  readonly reserve: (request: Reserve) => Promise<Reserved>;
  /**
   * Asked when the reservation or its top-up is durable in the log, before the provider is called.
   * `unknown` where less than this amount is held: the counters were lost before the log knew.
   */
  readonly confirm: (step: Step & { readonly amount: Amount }) => Promise<Held | NotHeld>;
  /** The lease ends `leaseMs` from now. One that has run out stays so. */
  readonly renew: (step: Step & { readonly leaseMs: number }) => Promise<Held | NotHeld>;
  /** Raises the hold for a further attempt within the budgets, or leaves it as it is. */
  readonly topUp: (request: TopUp) => Promise<Held | Refused | NotHeld>;
  /**
   * Replaces the hold with what the log debited in the end, once. Expired holds too: the log has
   * decided. A reservation that ended before keeps the end it had.
   */
  readonly settle: (
    reservation: Reservation,
    actual: Amount,
  ) => Promise<Ended | { status: 'unknown' }>;
  /** Frees the hold of a generation that reached no provider. One that comes later finds it ended. */
  readonly release: (reservation: Reservation) => Promise<Ended>;
  /** Holds whose lease ran out, the oldest first: the log decides how each of them ends. */
  readonly expired: (tenant: TenantId, limit: number) => Promise<readonly ExpiredHold[]>;
  readonly state: (reading: Reading) => Promise<ReadonlyMap<Scope, ScopeUsage>>;
  /** Builds the counters anew although they are there: after a drift. */
  readonly rebuild: (tenant: TenantId) => Promise<void>;
  /** Counters minus log in these windows, where they differ: nothing, when nothing is under way. */
  readonly compare: (tenant: TenantId, windows: readonly string[]) => Promise<readonly Drift[]>;
};

export type Reading = {
  readonly tenant: TenantId;
  readonly windows: Readonly<Record<Period, string>>;
  readonly scopes: readonly Scope[];
};
export type ScopeUsage = Pick<ScopeStanding, 'settled' | 'held' | 'open'>;

/** The log as the counters need it. */
export type Books = {
  /** Up to the head that the log has when it is called, or later. */
  readonly read: (tenant: TenantId) => Promise<Ledger>;
  /**
   * Notes the last epoch that began. What it answers is called when the counters are closed: it
   * appends that this epoch begins, right after the noted one, and reads. So all that was confirmed
   * is in the ledger, and what is logged later with an older epoch counts nothing. Throws
   * `EpochSuperseded` where another one began since: whoever slept in between changes nothing.
   */
  readonly beginEpoch: (tenant: TenantId) => Promise<(epoch: Epoch) => Promise<Ledger>>;
  /** Whether no other one began since: what was counted elsewhere then is in no counter of this one. */
  readonly isNewest: (tenant: TenantId, epoch: Epoch) => Promise<boolean>;
};

export class EpochSuperseded extends Error {
  constructor() {
    super('Another epoch of the counters began meanwhile.');
    this.name = 'EpochSuperseded';
  }
}

/** A mistake of the caller: the hold was made in other windows, or for other scopes. */
export class WrongReservation extends Error {
  constructor({ id }: Pick<Reservation, 'id'>) {
    super(`Reservation ${id} was made in other windows or for other scopes.`);
    this.name = 'WrongReservation';
  }
}

/** The counters cannot be asked or are being built. Nothing may be admitted; ask again later. */
export class AdmissionUnavailable extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(`Budgets cannot be counted now: ${reason}`, options);
    this.name = 'AdmissionUnavailable';
  }
}
