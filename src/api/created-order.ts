import { z } from 'zod';
import type { CreatedAfter } from '#projections/created-order.ts';
import { cursorFrom, cursorText } from './cursor.ts';

/** Lists that only grow at their end: oldest first, ids between those of the same millisecond. */
const LastOne = z.tuple([z.iso.datetime(), z.string().max(100)]);

/** A page of such a list. One row more than asked for is read, to know whether there is a next. */
export async function pageInCreatedOrder<Row extends { readonly createdAt: string }>(
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
  read: (page: CreatedAfter) => Promise<readonly Row[]>,
  idOf: (row: Row) => string,
): Promise<{ items: Row[]; next?: string }> {
  const last = cursorFrom(LastOne, cursor);
  const after = last && { createdAt: last[0], id: last[1] };
  const rows = await read({ after, limit: limit + 1 });
  const items = rows.slice(0, limit);
  const end = items.at(-1);
  if (rows.length <= limit || end === undefined) return { items };
  return { items, next: cursorText([end.createdAt, idOf(end)]) };
}
