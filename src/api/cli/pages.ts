import { z } from 'zod';
import type { Ask } from './with-control.ts';

/** Every item of a list, page by page. */
export async function everyItem<T>(ask: Ask, item: z.ZodType<T>, path: string): Promise<T[]> {
  const page = z.object({ items: z.array(item), next: z.string().optional() });
  const items: T[] = [];
  for (let cursor: string | null | undefined; ;) {
    const query = new URLSearchParams({ limit: '100', ...(cursor && { cursor }) });
    const answer = await ask(page, { method: 'GET', path: `${path}?${query.toString()}` });
    items.push(...answer.items);
    cursor = answer.next;
    if (!cursor) return items;
  }
}
