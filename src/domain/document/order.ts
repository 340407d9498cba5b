import { generateNKeysBetween } from 'fractional-indexing';
import type { SectionId } from '#domain/ids.ts';
import type { Section } from './content.ts';

type Placed = Pick<Section, 'id' | 'order'>;

/**
 * `count` places right behind `lower` (`null`: before everything), and new places for those that
 * until now had the same one as `lower` and would otherwise end up in front of them.
 * `taken` are places of others that readers may see there, or will, when edits are carried forward.
 */
export function placesAfter(
  lower: Placed | null,
  count: number,
  inOrder: readonly Placed[],
  taken: readonly string[] = [],
): { readonly places: readonly string[]; readonly displaced: ReadonlyMap<SectionId, string> } {
  const equal = lower === null ? [] : behindWithSameOrder(lower, inOrder);
  const upper = firstAbove(lower?.order, [...inOrder.map(({ order }) => order), ...taken]);
  const keys = generateNKeysBetween(lower?.order, upper, count + equal.length);
  return {
    places: keys.slice(0, count),
    displaced: new Map(equal.map(({ id }, index) => [id, keys[count + index] ?? ''])),
  };
}

const behindWithSameOrder = (lower: Placed, inOrder: readonly Placed[]): readonly Placed[] =>
  inOrder.filter(({ id, order }) => order === lower.order && id > lower.id);

function firstAbove(lower: string | undefined, orders: readonly string[]): string | undefined {
  let first: string | undefined;
  for (const order of orders) {
    if ((lower === undefined || order > lower) && (first === undefined || order < first)) {
      first = order;
    }
  }
  return first;
}
