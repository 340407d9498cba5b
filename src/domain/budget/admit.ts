import type { Amount } from '#domain/amount.ts';
import {
  type Claim,
  type LimitName,
  MAX_FIGURE,
  type Scope,
  budgetNames,
  budgets,
} from './limits.ts';
import { type Bucket, waitFor } from './rate.ts';
import type { Period, Windows } from './windows.ts';

/** Where one scope stands at one moment. */
export type ScopeStanding = {
  readonly settled: Readonly<Record<Period, Amount>>;
  /** Set aside for generations under way, so that two of them cannot both spend it. */
  readonly held: Readonly<Record<Period, Amount>>;
  /** Generations under way. */
  readonly open: number;
  readonly requests: Bucket;
  readonly tokens: Bucket;
};

export type Refusal = {
  readonly scope: Scope;
  readonly limit: LimitName;
  /** The figure of the limit. */
  readonly allowed: number;
  /** Milliseconds until the same request can be admitted; `null` where waiting does not help. */
  readonly freesInMs: number | null;
};

/** Nobody knows when a running generation ends: ask again after this. */
export const ASK_AGAIN_MS = 1_000;

type Moment = { readonly now: number; readonly windows: Windows };
type Waits = readonly (readonly [LimitName, number | null | undefined, number | null])[];

/** The limit that refuses a new generation, or `undefined` where all of them allow it. */
export const refusalOf = (
  claims: readonly Claim[],
  standingOf: (scope: Scope) => ScopeStanding,
  amount: Amount,
  moment: Moment,
): Refusal | undefined =>
  last(claims, (claim) => {
    const standing = standingOf(claim.scope);
    return [
      ...pacing(claim, standing, amount, moment.now),
      ...budgeting(claim, standing, amount, moment),
    ];
  });

/** The same for a hold that is to be raised: pace and concurrency were paid when it was made. */
export const topUpRefusalOf = (
  claims: readonly Claim[],
  standingOf: (scope: Scope) => ScopeStanding,
  amount: Amount,
  moment: Moment,
): Refusal | undefined =>
  last(claims, (claim) => budgeting(claim, standingOf(claim.scope), amount, moment));

function pacing(
  { limits }: Claim,
  standing: ScopeStanding,
  { tokens }: Amount,
  now: number,
): Waits {
  const { requestsPerMinute, tokensPerMinute, concurrentGenerations: most } = limits;
  const wait = (bucket: Bucket, limit: number | null | undefined, amount: number) =>
    limit == null ? 0 : waitFor(bucket, limit, amount, now);
  const slot = most == null || standing.open < most ? 0 : ASK_AGAIN_MS;
  return [
    ['requestsPerMinute', requestsPerMinute, wait(standing.requests, requestsPerMinute, 1)],
    ['tokensPerMinute', tokensPerMinute, wait(standing.tokens, tokensPerMinute, tokens)],
    ['concurrentGenerations', most, most === 0 ? null : slot],
  ];
}

function budgeting(
  { limits }: Claim,
  { settled, held }: ScopeStanding,
  amount: Amount,
  { now, windows }: Moment,
): Waits {
  return budgetNames.map((name) => {
    const { of, per } = budgets[name];
    const limit = limits[name] ?? MAX_FIGURE;
    // Subtracted one by one: the sum of three figures may be no exact double, these are.
    if (amount[of] <= limit - settled[per][of] - held[per][of]) return [name, limit, 0];
    return [name, limit, amount[of] > limit ? null : Math.max(1, windows[per].endsAt - now)];
  });
}

/** Of several limits that refuse, the one that frees last: before that, asking again is in vain. */
function last(claims: readonly Claim[], waitsOf: (claim: Claim) => Waits): Refusal | undefined {
  let found: Refusal | undefined;
  for (const claim of claims) {
    for (const [limit, allowed, freesInMs] of waitsOf(claim)) {
      if (freesInMs === 0) continue;
      const refusal = { scope: claim.scope, limit, allowed: allowed ?? MAX_FIGURE, freesInMs };
      if (found === undefined || isLater(refusal, found)) found = refusal;
    }
  }
  return found;
}

const isLater = (one: Refusal, other: Refusal): boolean =>
  (one.freesInMs ?? Infinity) > (other.freesInMs ?? Infinity);
