import { z } from 'zod';

/**
 * A text in a document that something is said about: its characters, by the ids that Automerge gave
 * the elements that stood for them at `revision`. Not only the first and the last of them: either
 * may go, what is typed behind the last would count, and sections can change places in between.
 * What was typed in one go is one run, so it costs no more.
 *
 * Stored for ever: add fields, never rename or remove them.
 */
export const Anchor = z.object({
  revision: z.int().nonnegative(),
  /** The Automerge actors of the runs, in hexadecimal. */
  actors: z.array(z.string()),
  /** In the order of the text: `count` elements of one actor, whose counters begin with `from`. */
  runs: z.array(
    z.object({
      actor: z.int().nonnegative(),
      from: z.int().nonnegative(),
      count: z.int().positive(),
    }),
  ),
});
export type Anchor = z.infer<typeof Anchor>;

/** An anchor and what it said when it was made. */
export type AnchoredText = { readonly anchor: Anchor; readonly quoted: string };

/** UTF-16 units that one comment or suggestion can be about: the longest section has fewer. */
export const MOST_ANCHORED = 20_000;
