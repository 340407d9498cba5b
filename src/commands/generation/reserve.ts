import type { Admission, Held, Holder, Reservation, Reserve } from '#commands/admission.ts';
import type { Refusal } from '#domain/budget/admit.ts';
import type { Amount } from '#domain/amount.ts';
import type { ReservationId } from '#domain/budget/ids.ts';
import { type Claim, type LimitName, budgetNames } from '#domain/budget/limits.ts';
import { refused } from '#domain/budget/refused.ts';
import type { Windows } from '#domain/budget/windows.ts';
import type { DataOf } from '#domain/generation/events.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import type { TenantId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { Candidate } from './candidates.ts';

/** How long a hold stands after the last sign of life of whoever is at work. */
export const LEASE_MS = 20_000;

/** What a generation holds of its budgets. */
export type Hold = {
  readonly request: Reserve;
  readonly held: Held;
  readonly askedAt: number;
  /** Those whose worst case is within the hold. */
  readonly candidates: readonly Candidate[];
};

export type Holding = {
  readonly tenant: TenantId;
  readonly id: GenerationId;
  readonly holder: Holder;
  readonly windows: Windows;
  readonly claims: readonly Claim[];
  /** When it was asked for first, in milliseconds since 1970: its lease began no earlier. */
  readonly askedAt: number;
};

/** A generation has one reservation, which has its id. */
export const reservationOf = (id: GenerationId): ReservationId => id as string as ReservationId;

export const named = ({
  tenant,
  id,
  windows,
}: Pick<Reserve, 'tenant' | 'id' | 'windows'>): Reservation => ({
  tenant,
  id,
  windows: { day: windows.day.id, month: windows.month.id },
});

/**
 * Holds the worst case of the dearest candidates that the budgets allow. A refusal consumes
 * nothing, so the next cheaper ones are asked for until one fits; the last "no" is the answer.
 */
export async function holdFor(
  admission: Pick<Admission, 'reserve'>,
  holding: Holding,
  candidates: readonly Candidate[],
): Promise<Hold> {
  let refusal: Refusal | undefined;
  let isSmaller = false;
  for (const { amount, fitting } of dearestFirst(candidates)) {
    const request = { ...requestOf(holding), amount };
    const answer = await admission.reserve(request);
    switch (answer.status) {
      case 'held':
        if (!isWithin(amount, answer.amount)) {
          isSmaller = true;
          break;
        }
        return { request, held: answer, askedAt: holding.askedAt, candidates: fitting };
      case 'refused':
        refusal = answer.refusal;
        if (!isOfBudget(refusal.limit)) throw refused(refusal);
        break;
      case 'foreign':
        throw new Rejected('generation/not-here');
      case 'settled':
      case 'released':
      case 'expired':
        throw new Rejected('generation/abandoned');
    }
  }
  if (refusal !== undefined) throw refused(refusal);
  if (isSmaller) throw new SmallerHold();
  throw new Rejected('generation/no-model');
}

/** What is held was made, and not heard of, for models or an answer that cost less. */
export class SmallerHold extends Error {
  constructor() {
    super('Less is held than was asked for.');
    this.name = 'SmallerHold';
  }
}

const requestOf = ({ tenant, id, holder, windows, claims }: Holding): Omit<Reserve, 'amount'> => ({
  tenant,
  id: reservationOf(id),
  holder,
  windows,
  claims,
  leaseMs: LEASE_MS,
});

/** A cheaper model takes as many requests and as much concurrency as a dear one. */
export const isOfBudget = (limit: LimitName): boolean =>
  limit === 'tokensPerMinute' || (budgetNames as readonly LimitName[]).includes(limit);

function dearestFirst(candidates: readonly Candidate[]) {
  const sizes = new Map(
    candidates.map(({ worst }) => [`${worst.costNanoUsd} ${worst.tokens}`, worst]),
  );
  return [...sizes.values()]
    .toSorted((a, b) => b.costNanoUsd - a.costNanoUsd || b.tokens - a.tokens)
    .map((bound) => {
      const fitting = candidates.filter(({ worst }) => isCheaper(worst, bound));
      return { amount: most(fitting), fitting };
    });
}

const isCheaper = (one: Amount, bound: Amount): boolean =>
  one.costNanoUsd < bound.costNanoUsd ||
  (one.costNanoUsd === bound.costNanoUsd && one.tokens <= bound.tokens);

const isWithin = (one: Amount, bound: Amount): boolean =>
  one.costNanoUsd <= bound.costNanoUsd && one.tokens <= bound.tokens;

const most = (candidates: readonly Candidate[]): Amount => ({
  tokens: Math.max(...candidates.map(({ worst }) => worst.tokens)),
  costNanoUsd: Math.max(...candidates.map(({ worst }) => worst.costNanoUsd)),
});

/** The hold as it is logged. */
export function reservedBy(
  { request, held }: Hold,
  at: DataOf<'BudgetReserved'>['at'],
): DataOf<'BudgetReserved'> {
  const { holder, claims, amount, leaseMs } = request;
  return {
    holder,
    windows: named(request).windows,
    scopes: claims.map(({ scope }) => scope),
    amount,
    leaseMs,
    epoch: held.epoch,
    at,
  };
}
