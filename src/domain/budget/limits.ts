import { z } from 'zod';
import { Rejected } from '#domain/rejected.ts';
import type { Amount } from '#domain/amount.ts';
import type { Period } from './windows.ts';

/** Whose limit it is. */
export type Scope = 'tenant' | `member:${string}` | `key:${string}` | `label:${string}`;

/** Sums per calendar window; the names are those of a plan's figures. */
export const budgets = {
  tokensPerDay: { of: 'tokens', per: 'day' },
  tokensPerMonth: { of: 'tokens', per: 'month' },
  costPerDayNanoUsd: { of: 'costNanoUsd', per: 'day' },
  costPerMonthNanoUsd: { of: 'costNanoUsd', per: 'month' },
} as const satisfies Record<string, { of: keyof Amount; per: Period }>;

export type BudgetName = keyof typeof budgets;
export type LimitName =
  | 'requestsPerMinute'
  | 'tokensPerMinute'
  | 'concurrentGenerations'
  | BudgetName;

export const budgetNames = Object.keys(budgets) as readonly BudgetName[];
/** In the order in which they are looked at. */
export const limitNames: readonly LimitName[] = [
  'requestsPerMinute',
  'tokensPerMinute',
  'concurrentGenerations',
  ...budgetNames,
];

/** `null` and a missing one are no limit; 0 allows nothing. */
export type Limits = { readonly [Name in LimitName]?: number | null | undefined };

/** One scope that a generation is counted in, and what it may use. */
export type Claim = { readonly scope: Scope; readonly limits: Limits };

/**
 * No window counts beyond this (9.007 million dollars): the counters are doubles inside of Redis,
 * and past 2^53 a double loses nano-dollars. So "no limit" is this limit.
 */
export const MAX_FIGURE = Number.MAX_SAFE_INTEGER;

/** A generation could name any number of labels, and each costs counters. */
export const MAX_CLAIMS = 24;
const SCOPE = /^(tenant|(member|key|label):[^\p{Cc}]{1,200})$/u;
export const isScope = (text: string): text is Scope => SCOPE.test(text);
/** Whose budget can be set: labels are those that keys have. */
export const BudgetScope = z
  .string()
  .regex(
    /^(?:tenant|member:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|key:[\da-f]{16}|label:[a-z][\w-]{0,39}=[^\p{Cc}]{1,100})$/u,
    'tenant, member:ID, key:ID or label:NAME=VALUE',
  ) as z.ZodType as z.ZodType<Scope>;

/** Throws where a figure could not be counted to the unit. */
export function assertCountable(figures: Amount): void {
  for (const [field, figure] of Object.entries(figures)) {
    if (!Number.isSafeInteger(figure) || figure < 0) {
      throw new Rejected('budget/not-countable', { field, largest: MAX_FIGURE });
    }
  }
}

/** Throws where the scopes could not be told apart, or are too many. */
export function assertClaims(claims: readonly Claim[]): void {
  const scopes = new Set(claims.map(({ scope }) => scope));
  const areFine = [...scopes].every(isScope);
  if (!areFine || scopes.size !== claims.length || claims.length > MAX_CLAIMS) {
    throw new Rejected('budget/scopes-not-countable', { most: MAX_CLAIMS });
  }
  for (const { limits } of claims) {
    for (const name of limitNames) {
      const limit = limits[name] ?? 0;
      if (!Number.isSafeInteger(limit) || limit < 0) {
        throw new Rejected('budget/not-countable', { field: name, largest: MAX_FIGURE });
      }
    }
  }
}

/** What both allow: the smaller figure of each, and no limit where neither names one. */
export const within = (one: Limits, other: Limits): Limits =>
  Object.fromEntries(
    limitNames.map((name) => {
      const [a, b] = [one[name] ?? null, other[name] ?? null];
      return [name, a === null || b === null ? (a ?? b) : Math.min(a, b)];
    }),
  );
