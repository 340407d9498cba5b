import type { Direction, Verdict } from '#domain/compliance/finding.ts';
import type { TenantId } from '#domain/ids.ts';

/** A tenant's filter under the policies that are in force now. Ask for it once per generation. */
export type FilterFor = (tenant: TenantId) => Promise<Filter>;

export type Filter = {
  /** Of the detectors and the policies; it stands in every verdict. */
  readonly version: string;
  /** Reads a whole text. Slow detectors have their own time limits; `signal` calls them off. */
  whole(direction: Direction, text: string, signal?: AbortSignal): Promise<Filtered>;
  /** Reads a text as it comes. */
  stream(direction: Direction): FilterStream;
};

/** `text` is what may be used. Where the verdict blocks it is what came before the finding. */
export type Filtered = { readonly text: string; readonly verdict: Verdict };

/**
 * One text that comes in pieces, cut anywhere (between the halves of a character too). All that it
 * gives out, put together, is what `whole` would give for all that it took in, verdict included.
 *
 * Only what some rule could still make a finding of is held back: never more than 256 characters,
 * and nothing at all where no rule has begun.
 */
export type FilterStream = {
  /** What can be shown now, often the whole piece. */
  next(piece: string): Passed;
  /** The rest, once the text is at its end, and what slow detectors say about all of it. */
  end(signal?: AbortSignal): Promise<Filtered>;
  /** Of what was read until now, e.g. when the reader left. */
  verdict(): Verdict;
};

/** Once `isBlocked`, nothing more will come: the caller ends the text at its source. */
export type Passed = { readonly text: string; readonly isBlocked: boolean };
