import { type Anchor, type AnchoredText, MOST_ANCHORED } from '#domain/anchor.ts';
import { type Content, presentSections, type Section, textOf } from '#domain/document/content.ts';
import { settled } from '#domain/document/live-content.ts';
import type { LivingDocument } from '#domain/document/state.ts';
import { elementsOf } from '#domain/document/undo/characters.ts';
import { type SavedDocument, savedDocument } from '#domain/document/undo/saved-document.ts';
import { isOverwritten, lengthAt, rowsOf } from '#domain/document/undo/saved-rows.ts';
import type { SectionId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';

/** UTF-16 units of a section, or without one of the whole Markdown. */
export type AskedRange = {
  readonly section?: SectionId | undefined;
  readonly at: number;
  readonly count: number;
};

/** Anchors a range of the document's text as it is at `revision`. */
export function anchorIn(
  { content }: Pick<LivingDocument, 'content'>,
  revision: number,
  range: AskedRange,
): AnchoredText {
  if (range.count > MOST_ANCHORED) throw new Rejected('anchor/too-long', { limit: MOST_ANCHORED });
  const now = settled(content);
  const parts = partsOf(now, range);
  const saved = savedDocument(now.replica);
  const rows = parts.flatMap((part) => rowsIn(saved, part));
  const quoted = parts.map(({ section, from, to }) => textOf(now, section).slice(from, to));
  return { anchor: { revision, ...runsOf(saved, rows) }, quoted: quoted.join('') };
}

type Part = { readonly section: Section; readonly from: number; readonly to: number };

function partsOf(content: Content, { section: asked, at, count }: AskedRange): readonly Part[] {
  const shown = presentSections(content);
  const among = asked === undefined ? shown : shown.filter(({ id }) => id === asked);
  if (asked !== undefined && among.length === 0) {
    throw new Rejected('edit/section-not-found', { section: asked });
  }
  const parts: Part[] = [];
  let start = 0;
  for (const section of among) {
    const from = Math.max(0, at - start);
    const to = Math.min(section.length, at + count - start);
    if (from < to) parts.push({ section, from, to });
    start += section.length;
  }
  if (at + count > start)
    throw new Rejected('edit/out-of-range', { at: at + count, length: start });
  return parts;
}

/** The elements of the saved document that stand for these units. */
function rowsIn(saved: SavedDocument, { section: { object }, from, to }: Part): number[] {
  const texts = rowsOf(saved, new Set([object]));
  const rows: number[] = [];
  let at = 0;
  for (const row of elementsOf({ saved, texts }, object)) {
    if (isOverwritten(saved, row)) continue;
    const end = at + lengthAt(saved, row);
    for (const edge of [from, to]) {
      if (at < edge && edge < end) throw new Rejected('edit/inside-character', { at: edge });
    }
    if (at >= from && end <= to) rows.push(row);
    if ((at = end) >= to) break;
  }
  return rows;
}

function runsOf({ actors, ops }: SavedDocument, rows: readonly number[]) {
  const used: string[] = [];
  const runs: Anchor['runs'] = [];
  for (const row of rows) {
    const name = actors[ops.actor[row] ?? 0] ?? '';
    const from = ops.counter[row] ?? 0;
    const known = used.indexOf(name);
    const actor = known < 0 ? used.push(name) - 1 : known;
    const last = runs.at(-1);
    if (last?.actor === actor && last.from + last.count === from) last.count++;
    else runs.push({ actor, from, count: 1 });
  }
  return { actors: used, runs };
}
