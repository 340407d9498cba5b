import type { Direction, Finding, RuleId } from '#domain/compliance/finding.ts';
import type { Watching } from '#domain/compliance/matching/redacting.ts';

/** Rules that keep up with a text while it streams: no I/O, and linear in the text. */
export type QuickDetector = {
  /** Name and version, e.g. `secrets-1`: it changes whenever a verdict could. */
  readonly version: string;
  /** Begins a text; `undefined` where none of its rules is for that direction. */
  watch(direction: Direction): Watching | undefined;
};

/**
 * What needs the text as a whole, and time: a classifier, a provider's moderation. On a stream it
 * reads the text at its end, when nothing can be taken back: there it can flag and block, and not
 * redact.
 */
export type SlowDetector = {
  readonly version: string;
  readonly directions: readonly Direction[];
  readonly timeLimitMs: number;
  /** Whether a text that it had no time for passes, with a note in the verdict, or is blocked. */
  readonly whenLate:
    | { readonly action: 'pass' }
    | { readonly action: 'block'; readonly rule: RuleId };
  /** A failure counts as being late. */
  inspect(text: string, direction: Direction, signal: AbortSignal): Promise<readonly Finding[]>;
};
