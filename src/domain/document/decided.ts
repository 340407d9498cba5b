import type { Content } from './content.ts';
import type { ChangesApplied } from './events.ts';
import { type LiveContent, replaceContent } from './live-content.ts';

/** The copy that a decision wrote to, and what it was a copy of. */
type Decided = { readonly live: LiveContent; readonly version: number; readonly content: Content };

// A copy that is never taken over, because the append failed, is freed by the garbage collector.
const decided = new WeakMap<ChangesApplied, Decided>();

/**
 * Keeps the copy that a decision wrote to until its last event is folded: taking it over costs
 * nothing, whereas applying the same changes again costs time with the length of the section.
 */
export function keepDecided(
  events: readonly ChangesApplied[],
  live: LiveContent,
  content: Content,
): void {
  const last = events.at(-1);
  if (last) decided.set(last, { live, version: live.version + events.length - 1, content });
}

/** Takes the copy over if this is the document it was made of, with nothing else in between. */
export function takeDecided(event: ChangesApplied, live: LiveContent): boolean {
  const found = decided.get(event);
  if (found?.live !== live || found.version !== live.version) return false;
  decided.delete(event);
  replaceContent(live, found.content);
  return true;
}
