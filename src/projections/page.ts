/** Where a page of a list ended: the last row's sort keys. */
export type After = readonly (string | number)[];
export type Page<Item> = { readonly items: readonly Item[]; readonly next?: After | undefined };
export type PageQuery = { readonly after?: After | undefined; readonly limit: number };

/** Cuts what was read with a limit of one more than asked for. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  keysOf: (row: Row) => After,
  itemOf: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last !== undefined ? keysOf(last) : undefined;
  return { items: shown.map(itemOf), ...(next && { next }) };
}

/** Postgres answers instants as dates, handlers write them as texts. */
export const instant = (stored: string | Date): string => new Date(stored).toISOString();

/** A cursor's instant as a date: Postgres would refuse some texts that are valid RFC 3339. */
export const instantOf = (after: After): Date => new Date(String(after[0]));
