// Requests and tokens per minute are token buckets (Turner, "New Directions in Communications",
// IEEE Communications 24, 1986; the meter of RFC 2697), with a burst of one minute's worth. They
// are kept as the debt that drains away, in integers: one unit taken weighs 60,000, and `limit`
// of it drains in a millisecond. So the moment at which a request fits is exact.

const MINUTE_MS = 60_000;

/** A higher limit would not be counted exactly, and no one reaches it. */
export const MAX_RATE = Math.floor(Number.MAX_SAFE_INTEGER / MINUTE_MS);

export type Bucket = { readonly debt: number; readonly at: number };

export const emptyBucket: Bucket = { debt: 0, at: 0 };

/** A debt above one minute's worth is left from a higher limit, and would block for as long. */
export function debtAt({ debt, at }: Bucket, limit: number, now: number): number {
  const drained = Math.min(MINUTE_MS, Math.max(0, now - at)) * limit;
  return Math.max(0, Math.min(debt, limit * MINUTE_MS) - drained);
}

/** Milliseconds until `amount` fits: 0 is now, `null` never. */
export function waitFor(bucket: Bucket, limit: number, amount: number, now: number): number | null {
  const rate = Math.min(limit, MAX_RATE);
  if (amount > rate) return null;
  if (amount === 0) return 0;
  const excess = debtAt(bucket, rate, now) + amount * MINUTE_MS - rate * MINUTE_MS;
  return Math.max(0, Math.ceil(excess / rate));
}

export function taken(bucket: Bucket, limit: number, amount: number, now: number): Bucket {
  const rate = Math.min(limit, MAX_RATE);
  return { debt: debtAt(bucket, rate, now) + amount * MINUTE_MS, at: now };
}
