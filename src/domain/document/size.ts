import type { Content } from './content.ts';
import type { Heads } from './replica.ts';

/** How much of the text that readers see came and went between two points. */
export function sizeOf(
  was: Content,
  is: Content,
  before: Heads,
  after: Heads,
): { readonly inserted: number; readonly deleted: number } {
  const old = new Map(was.sections.map((section) => [section.id as string, section]));
  const now = new Map(is.sections.map((section) => [section.id as string, section]));
  let inserted = 0;
  let deleted = 0;
  for (const patch of is.replica.diff([...before], [...after])) {
    const [, id, field] = patch.path;
    const isRead = now.get(String(id))?.present && old.get(String(id))?.present !== false;
    if (!isRead || field !== 'text') continue;
    if (patch.action === 'splice') inserted += patch.value.length;
    if (patch.action === 'del') deleted += patch.length ?? 1;
  }
  for (const section of is.sections) {
    const earlier = old.get(section.id);
    if (earlier?.present && !section.present) deleted += earlier.length;
    if (earlier?.present === false && section.present) inserted += section.length;
  }
  return { inserted, deleted };
}
