import { type Claim, type Scope } from '#domain/budget/limits.ts';
import { type Bucket, emptyBucket, taken } from '#domain/budget/rate.ts';

type Pace = { readonly requests: Bucket; readonly tokens: Bucket };
const unhurried: Pace = { requests: emptyBucket, tokens: emptyBucket };
const MINUTE_MS = 60_000;

/** Without a limit nothing is counted, and what was counted under one stays. */
const after = (bucket: Bucket, limit: number | null | undefined, amount: number, now: number) =>
  limit == null ? bucket : taken(bucket, limit, amount, now);

/** Requests and tokens of the last minute, by scope. */
export function paces() {
  // In the order of their last use, so that what has drained away is found at the front.
  const used = new Map<Scope, { readonly at: number; readonly pace: Pace }>();
  return {
    of: (scope: Scope): Pace => used.get(scope)?.pace ?? unhurried,
    take: ({ scope, limits }: Claim, tokens: number, now: number) => {
      const { requestsPerMinute, tokensPerMinute } = limits;
      const pace = used.get(scope)?.pace ?? unhurried;
      used.delete(scope);
      used.set(scope, {
        at: now,
        pace: {
          requests: after(pace.requests, requestsPerMinute, 1, now),
          tokens: after(pace.tokens, tokensPerMinute, tokens, now),
        },
      });
      for (const [other, { at }] of used) {
        if (at > now - MINUTE_MS) break;
        used.delete(other);
      }
    },
  };
}
