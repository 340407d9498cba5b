import type { Anchor } from '#domain/anchor.ts';
import type { TextRange } from '#domain/document/anchor/find-anchors.ts';
import type { After, Page } from '#projections/page.ts';
import type { Found } from './document-deps.ts';

/** Where the text of an item is in the document's `revision`. */
type Place = { readonly ranges: readonly TextRange[]; readonly orphaned: boolean };

/** A page whose anchors were followed to where they are. */
export type Placed<Of extends Page<unknown>> = {
  readonly documentRevision: number;
  readonly items: readonly (Omit<Of['items'][number], 'anchor'> & Place)[];
  readonly next?: After | undefined;
};

export async function placed<Item extends { readonly anchor: Anchor }>(
  page: Page<Item>,
  find: (anchors: readonly Anchor[]) => Promise<Found>,
): Promise<Placed<Page<Item>>> {
  const { revision, found } = await find(page.items.map(({ anchor }) => anchor));
  const items = page.items.map((one, index) => {
    const { anchor: _, ...item } = one;
    const { ranges = [], isOrphaned = true } = found[index] ?? {};
    return { ...item, ranges, orphaned: isOrphaned };
  });
  return { documentRevision: revision, items, next: page.next };
}
