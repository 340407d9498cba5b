import { generateNKeysBetween } from 'fractional-indexing';
import type { DecisionContext } from '#domain/decider.ts';
import { Rejected } from '#domain/rejected.ts';
import { assertMay } from '#domain/rights.ts';
import { mustBeStorable } from '#domain/storable-text.ts';
import { mustMay } from './access.ts';
import { type Alignment, alignmentSince, unmoved } from './alignment.ts';
import { applyEdit } from './apply-edit.ts';
import { type Why, changing, sectionIds } from './changing.ts';
import type { CreateDocument, EditDocument } from './commands.ts';
import { type Content, type DocumentBase, textOf } from './content.ts';
import { cutText } from './cutting.ts';
import { type Draft, draftOf } from './draft.ts';
import type { Edit } from './edits.ts';
import type { DocumentEvent } from './events.ts';
import { evolve } from './evolve.ts';
import { INCOMING_SECTION, MOST_EDITS, MOST_SECTIONS } from './limits.ts';
import { freeDocument } from './reading.ts';
import { textAt } from './replica.ts';
import { type DocumentState, type LivingDocument, initialState } from './state.ts';
import { mustBeName, mustBeTitle } from './storable.ts';
import { alignmentOfCharacters } from './undo/character-alignment.ts';
import { followText } from './undo/follow-text.ts';
import { changesIn } from './undo/ledger.ts';
import { writeDraft } from './write.ts';

export function createDocument(
  { title, markdown = '', folder, origin }: CreateDocument,
  state: DocumentState,
  context: DecisionContext,
): DocumentEvent[] {
  const { principal, derive } = context;
  assertMay(principal, 'document.create');
  const actorSeed = derive('actor seed');
  if ('content' in state && state.actorSeed === actorSeed) return [];
  if (state.status === 'erased') throw new Rejected('document/erased');
  if (state.status !== 'missing') throw new Rejected('document/already-exists');
  mustBeTitle(title);
  mustBeStorable(markdown);
  if (folder !== undefined) mustBeName(folder);

  const access = { members: { [principal.member]: 'owner' as const }, groups: {} };
  const created = {
    type: 'DocumentCreated',
    data: { title, actorSeed, access, ...(folder !== undefined && { folder }) },
  } satisfies DocumentEvent;
  const empty = evolve(initialState, created, 0) as LivingDocument;
  try {
    return [
      created,
      ...changing(empty, context, { origin }, (_, writer) => {
        const newId = sectionIds(context);
        const texts = cutText(markdown, INCOMING_SECTION, MOST_SECTIONS);
        const places = generateNKeysBetween(null, null, texts.length);
        writer.setTitle(title);
        texts.forEach((text, index) =>
          writer.addSection({ id: newId(), order: places[index] ?? '', present: true, text }),
        );
      }),
    ];
  } finally {
    freeDocument(empty);
  }
}

export function editDocument(
  { edits, base, group, origin }: EditDocument,
  state: DocumentState,
  context: DecisionContext,
): DocumentEvent[] {
  const document = mustMay(state, context.principal, 'document.edit');
  if (document.status === 'archived') throw new Rejected('document/archived');
  if (edits.length > MOST_EDITS)
    throw new Rejected('document/too-many-edits', { limit: MOST_EDITS });
  return writeEdits(edits, document, context, { group, origin }, base);
}

export function writeEdits(
  edits: readonly Edit[],
  document: LivingDocument,
  context: DecisionContext,
  why: Why,
  base?: DocumentBase,
): DocumentEvent[] {
  const seen = base && seenIn(base, document);
  return changing(document, context, { ...why, seen }, (content, writer) => {
    const draft = draftFor(content, base, sectionIds(context));
    for (const edit of edits) applyEdit(draft, edit);
    const alignment = base ? alignmentFrom(base, content, document) : unmoved;
    writeDraft(draft, content, alignment, writer);
    followText(content, document, writer);
  });
}

/** How many changes there were at the base; nothing where nothing happened since. */
function seenIn({ known }: DocumentBase, { ledger }: LivingDocument): number | undefined {
  const seen = [...known.counts.values()].reduce((sum, count) => sum + count, 0);
  return seen === changesIn(ledger) ? undefined : seen;
}

/** Automerge's own diff cannot tell that a character that came back is the one that was there. */
function alignmentFrom(
  base: DocumentBase,
  content: Content,
  { cuts, ledger }: LivingDocument,
): Alignment {
  const isSettled = base.known.settlings !== ledger.settlings;
  return isSettled
    ? alignmentOfCharacters(base.known, content, ledger)
    : alignmentSince(base, content, cuts);
}

function draftFor(content: Content, base: DocumentBase | undefined, newId: Draft['newId']): Draft {
  const sections = new Map(content.sections.map((section) => [section.id, section]));
  return draftOf(base ?? content, {
    newId,
    taken: base ? content.sections.map(({ order }) => order) : [],
    textOf(id) {
      const section = sections.get(id);
      if (section === undefined) return '';
      return base ? textAt(content.replica, section.object, base.heads) : textOf(content, section);
    },
  });
}
