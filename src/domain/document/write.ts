import type { SectionId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { Alignment } from './alignment.ts';
import type { ChangeWriter } from './change-writer.ts';
import type { Content } from './content.ts';
import { cutText } from './cutting.ts';
import type { Draft } from './draft.ts';
import { GROWN_SECTION, INCOMING_SECTION, MOST_DELETED } from './limits.ts';
import { type Piece, typedText } from './pieces.ts';
import { type TextPlan, planText } from './plan.ts';
import { cutGrown, cutSection, prepareCuts } from './write-cuts.ts';
import { type Writing, addSection, place, placesBehind, writable } from './writing.ts';

/**
 * Writes what a draft has become into a copy of the newest document: first everything that
 * readers see, then the cuts, which only move text and are changes of their own.
 */
export function writeDraft(
  draft: Draft,
  content: Content,
  alignment: Alignment,
  writer: ChangeWriter,
): void {
  const layout = content.sections.map(({ id, order }) => ({ id, order }));
  const writing: Writing = { content, writer, draft, layout };
  spreadLongInsertions(draft);
  const plans = planText(draft.parts, alignment);
  mustNotDeleteTooMuch([...plans.values()]);

  if (draft.isRetitled && draft.title !== content.title) writer.setTitle(draft.title);
  writeFields(writing);
  for (const [section, plan] of plans) writeText(writing, section, plan);
  addFreshSections(writing);
  const cuts = [...plans].flatMap(([section, plan]) => prepareCuts(writing, section, plan.cuts));

  writer.beginCuts();
  for (const cut of cuts) cutSection(writing, cut);
  for (const section of new Set([...plans.keys(), ...cuts.map(({ to }) => to)])) {
    cutGrown(writing, section);
  }
  writer.commit();
}

function mustNotDeleteTooMuch(plans: readonly TextPlan[]): void {
  const removals = plans.flatMap((plan) => plan.removals);
  if (removals.reduce((sum, { count }) => sum + count, 0) > MOST_DELETED) {
    throw new Rejected('edit/deletes-too-much', { limit: MOST_DELETED });
  }
}

/** A long text comes to stand in sections of its own, not in one that would be cut right away. */
function spreadLongInsertions(draft: Draft): void {
  for (const { source, was } of draft.parts) {
    if (was === undefined) continue;
    const pieces: Piece[] = source.pieces.flatMap((piece): Piece[] => {
      if (piece.kind !== 'typed' || piece.text.length <= INCOMING_SECTION) return [piece];
      const [first = '', ...rest] = cutText(piece.text);
      if (rest.length === 0) return [piece];
      const filling = rest.map((text) => ({ id: draft.newId(), text }));
      return [
        { kind: 'typed', text: first },
        { kind: 'cut', to: draft.newId(), filling },
      ];
    });
    source.pieces.splice(0, Infinity, ...pieces);
  }
}

function writeFields({ content, writer, draft, layout }: Writing): void {
  const now = new Map(content.sections.map((section) => [section.id, section]));
  for (const { id, was, order, present } of draft.parts) {
    if (was === undefined) continue;
    const section = now.get(id);
    if (section && present !== was.present && present !== section.present) {
      writer.setPresent(section, present);
    }
    if (order !== was.order && order !== section?.order) {
      writer.setOrder(id, order);
      place(layout, { id, order });
    }
  }
}

function writeText(writing: Writing, id: SectionId, plan: TextPlan): void {
  const { writer } = writing;
  const section = writable(writing, id);
  // From right to left, so that positions stay what they are; and before anything is removed, so
  // that each text stands beside the very character it was typed behind.
  for (const { at, text } of plan.insertions.toReversed()) writer.splice(section, at, 0, text);
  for (const { at, count } of plan.removals.toReversed()) {
    writer.splice(section, at + insertedUpTo(plan, at), count, '');
  }
}

const insertedUpTo = ({ insertions }: TextPlan, position: number): number =>
  insertions.reduce((sum, { at, text }) => (at <= position ? sum + text.length : sum), 0);

function addFreshSections(writing: Writing): void {
  for (const { id, source, was, order, present } of writing.draft.parts) {
    if (was !== undefined || source.id !== id || !present) continue;
    const text = typedText(source.pieces);
    const [first = '', ...rest] = text.length > GROWN_SECTION ? cutText(text) : [text];
    addSection(writing, { id, order, text: first });
    const places = placesBehind(writing, { id, order }, rest.length);
    rest.forEach((text, index) =>
      addSection(writing, { id: writing.draft.newId(), order: places[index] ?? '', text }),
    );
  }
}
