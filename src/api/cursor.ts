import { z } from 'zod';
import type { Page } from '#projections/page.ts';
import { Problem } from './problem.ts';

/** Where a page ends, as an opaque text: base64url of the JSON of the last row's sort keys. */
export function cursorText(after: unknown): string {
  return Buffer.from(JSON.stringify(after)).toString('base64url');
}

/**
 * Takes a cursor apart with the list's own schema. It only says where to go on in the caller's
 * own tenant, so a made-up one can skip rows but never show others.
 */
export function cursorFrom<Schema extends z.ZodType>(
  schema: Schema,
  cursor: string | undefined,
): z.output<Schema> | undefined {
  if (cursor === undefined) return undefined;
  const parsed = schema.safeParse(jsonOf(cursor));
  if (!parsed.success) throw new Problem('request/bad-cursor');
  return parsed.data;
}

function jsonOf(cursor: string): unknown {
  try {
    const text = Buffer.from(cursor, 'base64url').toString('utf8');
    return /[\0\uFFFD]|\\u0000/.test(text) ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The query of every list. */
export const pageQuery = {
  cursor: z
    .string()
    .min(1)
    .max(2_000)
    .optional()
    .describe('Where the page before ended: its `next`, as it was.'),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(200)
    .default(50)
    .describe('At most this many items, 1 to 200.'),
};

/** The answer of every list; without `next` it was the last page. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().optional() });

/** A page as it is answered. */
export const paged = <Item>({ items, next }: Page<Item>) => ({
  items: [...items],
  ...(next && { next: cursorText(next) }),
});
