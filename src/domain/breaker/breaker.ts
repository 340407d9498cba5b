/** When a model is left alone, and for how long. Milliseconds. */
export type BreakerSettings = {
  /** Calls that ended longer ago than this count no more. */
  readonly windowMs: number;
  /** The window moves by slices, so that a busy model costs no memory per call. */
  readonly slices: number;
  /** Fewer calls than this say nothing. */
  readonly minCalls: number;
  readonly failurePercent: number;
  readonly openMs: number;
  /** So many probes in a row must succeed before everybody may call again. */
  readonly probes: number;
  /** Whoever probes and is not heard of for so long is taken for dead, and another may probe. */
  readonly probeLeaseMs: number;
};

/**
 * A model that fails one call in four is left alone: its failures cost every fourth client a second
 * call, while the next model of the cascade stands by.
 */
export const breakerSettings: BreakerSettings = {
  windowMs: 30_000,
  slices: 10,
  minCalls: 20,
  failurePercent: 25,
  openMs: 10_000,
  probes: 3,
  probeLeaseMs: 30_000,
};

export const breakerStatuses = ['closed', 'open', 'half-open'] as const;
export type BreakerStatus = (typeof breakerStatuses)[number];

type Slice = { readonly at: number; readonly succeeded: number; readonly failed: number };

/**
 * `turn` counts the changes of status: what is recorded of a call that was permitted in another turn
 * says nothing of this one.
 */
export type Breaker = { readonly turn: number } & (
  | { readonly status: 'closed'; readonly slices: readonly Slice[] }
  | { readonly status: 'open'; readonly until: number }
  | {
      readonly status: 'half-open';
      readonly succeeded: number;
      /** Of this turn, counted from 1; 0 before the first. */
      readonly newest: number;
      /** When the lease of the newest is over; 0 when it was given back. */
      readonly leasedUntil: number;
    }
);

/** May be used for one call. With `probe` it is the only one at its time. */
export type BreakerPermit = { readonly turn: number; readonly probe: number | undefined };

/** `unknown`: the call says nothing about the model, and gives its permit back. */
export type CallHealth = 'succeeded' | 'failed' | 'unknown';

export const closedBreaker: Breaker = { status: 'closed', turn: 0, slices: [] };

/** How long nobody may call; 0 when somebody may. */
export function waitAt(breaker: Breaker, now: number): number {
  switch (breaker.status) {
    case 'closed':
      return 0;
    case 'open':
      return Math.max(0, breaker.until - now);
    case 'half-open':
      return Math.max(0, breaker.leasedUntil - now);
  }
}

/** Asks for a permit. Without a permit nobody may, and nothing has changed. */
export function acquired(
  breaker: Breaker,
  now: number,
  { probeLeaseMs }: BreakerSettings,
): { readonly breaker: Breaker; readonly permit: BreakerPermit | undefined } {
  if (waitAt(breaker, now) > 0) return { breaker, permit: undefined };
  if (breaker.status === 'closed') {
    return { breaker, permit: { turn: breaker.turn, probe: undefined } };
  }
  const isNew = breaker.status === 'open';
  const turn = breaker.turn + (isNew ? 1 : 0);
  const probe = isNew ? 1 : breaker.newest + 1;
  const succeeded = isNew ? 0 : breaker.succeeded;
  const leasedUntil = now + probeLeaseMs;
  return {
    breaker: { status: 'half-open', turn, succeeded, newest: probe, leasedUntil },
    permit: { turn, probe },
  };
}

/** Takes in how a permitted call went. */
export function recorded(
  breaker: Breaker,
  permit: BreakerPermit,
  health: CallHealth,
  now: number,
  settings: BreakerSettings,
): Breaker {
  if (permit.turn !== breaker.turn) return breaker;
  if (breaker.status === 'closed') return counted(breaker, health, now, settings);
  if (breaker.status === 'open') return breaker;
  // Another probes already where this one's lease ran out; and what is recorded twice counts once.
  if (permit.probe !== breaker.newest || breaker.leasedUntil === 0) return breaker;
  const turn = breaker.turn + 1;
  if (health === 'failed') return { status: 'open', turn, until: now + settings.openMs };
  const succeeded = breaker.succeeded + (health === 'succeeded' ? 1 : 0);
  if (succeeded >= settings.probes) return { status: 'closed', turn, slices: [] };
  return { ...breaker, succeeded, leasedUntil: 0 };
}

function counted(
  breaker: Extract<Breaker, { status: 'closed' }>,
  health: CallHealth,
  now: number,
  { windowMs, slices: most, minCalls, failurePercent, openMs }: BreakerSettings,
): Breaker {
  if (health === 'unknown') return breaker;
  const at = Math.floor(now / (windowMs / most));
  const recent = breaker.slices.filter((slice) => slice.at > at - most);
  const known = recent.find((slice) => slice.at === at) ?? { at, succeeded: 0, failed: 0 };
  const slices = [
    ...recent.filter((slice) => slice !== known),
    { ...known, [health]: known[health] + 1 },
  ];
  const failed = slices.reduce((sum, slice) => sum + slice.failed, 0);
  const calls = slices.reduce((sum, slice) => sum + slice.succeeded, failed);
  const isTooMany = calls >= minCalls && failed * 100 >= failurePercent * calls;
  if (!isTooMany) return { ...breaker, slices };
  return { status: 'open', turn: breaker.turn + 1, until: now + openMs };
}
