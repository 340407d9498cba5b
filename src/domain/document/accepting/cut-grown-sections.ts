import type { DecisionContext } from '#domain/decider.ts';
import { changing, sectionIds } from '#domain/document/changing.ts';
import { draftOf } from '#domain/document/draft.ts';
import type { DocumentEvent } from '#domain/document/events.ts';
import { GROWN_SECTION } from '#domain/document/limits.ts';
import { longestAtMost, settled } from '#domain/document/live-content.ts';
import type { DocumentState } from '#domain/document/state.ts';
import { cutGrown } from '#domain/document/write-cuts.ts';

/** Far below `LONGEST_SECTION`, where typing ends: a document whose sections are surely shorter is not loaded to look. */
const WORTH_LOADING = 2 * GROWN_SECTION;

/** Cuts the sections that grew too long by typing. Nobody asks for it but the server, in a pause. */
export function cutGrownSections(state: DocumentState, context: DecisionContext): DocumentEvent[] {
  if (!('content' in state) || state.status === 'archived') return [];
  if (longestAtMost(state.content) <= WORTH_LOADING) return [];
  const grown = settled(state.content).sections.filter(({ length }) => length > GROWN_SECTION);
  if (grown.length === 0) return [];
  return changing(state, context, {}, (content, writer) => {
    const draft = draftOf(content, { newId: sectionIds(context), taken: [], textOf: () => '' });
    const layout = content.sections.map(({ id, order }) => ({ id, order }));
    writer.beginCuts();
    for (const { id } of grown) cutGrown({ content, writer, draft, layout }, id);
  });
}
