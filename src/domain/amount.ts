/** What a generation takes from its budgets. */
export type Amount = {
  readonly tokens: number;
  /** In 1e-9 US dollars. */
  readonly costNanoUsd: number;
};

export const zero: Amount = { tokens: 0, costNanoUsd: 0 };

export const plus = (one: Amount, other: Amount): Amount => ({
  tokens: one.tokens + other.tokens,
  costNanoUsd: one.costNanoUsd + other.costNanoUsd,
});

/** What `held` is short of `needed` by; nothing where it is more. */
export const missing = (needed: Amount, held: Amount): Amount => ({
  tokens: Math.max(0, needed.tokens - held.tokens),
  costNanoUsd: Math.max(0, needed.costNanoUsd - held.costNanoUsd),
});

export const minus = (one: Amount, other: Amount): Amount => ({
  tokens: one.tokens - other.tokens,
  costNanoUsd: one.costNanoUsd - other.costNanoUsd,
});
