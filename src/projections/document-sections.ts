import { type Transaction, sql } from 'kysely';
import {
  type ContentEvent,
  type ContentInherited,
  contentEvents,
  documentEvents,
} from '#domain/document/events.ts';
import type { SectionText } from '#domain/document/content.ts';
import type { DocumentId, SectionId, TenantId } from '#domain/ids.ts';
import { type StreamName, partsOf } from '#domain/stream.ts';
import type { DocumentFolds } from './document-folds.ts';
import type { ProjectedEvent, Projection } from './projection.ts';
import { type Change, rowsOf } from './table-rows.ts';

const rows = rowsOf({
  table: 'document_sections',
  columns: ['document_id', 'section_id', 'place', 'text'],
  key: ['document_id', 'section_id'],
});

/** The events that say which sections they touch. `DocumentCreated` tells when a document is erased. */
const withSections = new Set(['DocumentCreated', 'ContentInherited', ...contentEvents]);

/**
 * Keeps `document_sections`: what each section of a document says now, for full-text search. Only
 * the sections that an event touched are written.
 */
export const documentSections = (folds: DocumentFolds): Projection => ({
  name: 'document_sections',
  version: 2,
  // Folding costs what the section's length costs, be it one letter that was typed or a hundred.
  restMs: 1_000,
  tables: [
    {
      name: 'document_sections',
      // `place` is a fractional index, compared bytewise; equal ones are ordered by section.
      columns: `document_id uuid not null, section_id text not null, place text collate "C" not null,
        text text not null,
        search tsvector generated always as (to_tsvector('simple', text)) stored`,
      key: ['document_id', 'section_id'],
      indexes: ['using gin (search)'],
    },
  ],
  // Of every event at least the header, so that no revision goes by unseen.
  needs: (type) => {
    if (withSections.has(type)) return 'body';
    return Object.hasOwn(documentEvents, type) ? 'header' : 'nothing';
  },
  handle: async (events, tables) => {
    const changes: Change[] = [];
    for (const [stream, ofDocument] of Map.groupBy(events, ({ header }) => header.stream)) {
      changes.push(...(await changesOf(folds, tables, stream, ofDocument)));
    }
    await rows.save(tables, changes);
  },
});

const isContentEvent = (type: string) => (contentEvents as readonly string[]).includes(type);

async function changesOf(
  folds: DocumentFolds,
  tables: Transaction<unknown>,
  stream: StreamName,
  events: readonly ProjectedEvent[],
): Promise<Change[]> {
  const { tenant, id } = partsOf(stream)!;
  const applied = events.flatMap((event) => {
    const isChange = isContentEvent(event.type) && event.erased !== true;
    return isChange ? [event.data as ContentEvent['data']] : [];
  });
  const inherited = events.flatMap(inheritedSections);
  const touched = new Set([...inherited, ...applied.flatMap(({ sections }) => sections)]);
  const isErased = events.some(({ erased }) => erased === true);
  if (!isErased && touched.size === 0) return [];
  const [first, to] = [events[0]!.header.revision, events.at(-1)!.header.revision];
  // What a branch begins with is no change that could be applied: it is folded with all the rest.
  const changes =
    inherited.length > 0
      ? { from: to + 1, to, applied: [] }
      : { from: first, to, applied: applied.map(({ changes }) => changes) };
  const read = isErased ? undefined : await folds.read(stream, changes, touched);
  if (read === undefined) {
    await sql`delete from document_sections
               where tenant_id = ${tenant} and document_id = ${id}`.execute(tables);
    return [];
  }
  const shown = new Map(read.sections.map((section) => [section.id, section]));
  return [...touched].map((section_id) => {
    const key = { tenant_id: tenant, document_id: id, section_id };
    const section = shown.get(section_id);
    const after = section && { ...key, place: section.order, text: section.text };
    return { before: key, after };
  });
}

function inheritedSections(event: ProjectedEvent): readonly SectionId[] {
  if (event.type !== 'ContentInherited' || event.erased === true || !event.data) return [];
  return (event.data as ContentInherited).sections ?? [];
}

/** A document's sections in their order, as the view has them. */
export async function sectionsShown(
  tables: Transaction<unknown>,
  tenant: TenantId,
  document: DocumentId,
): Promise<readonly SectionText[]> {
  const { rows: found } = await sql<SectionText>`
    select section_id as id, place as "order", text from document_sections
     where tenant_id = ${tenant} and document_id = ${document}
     order by place, section_id collate "C"`.execute(tables);
  return found;
}

/** What a person typed: words, and phrases in quotes, all of which must be found. */
const MOST_TERMS = 10;
const termsOf = (query: string): string[] =>
  (query.match(/"[^"]+"|[^\s"]+/g) ?? [])
    .map((term) => term.replace(/^-+/, ''))
    .filter((term) => term !== '')
    .slice(0, MOST_TERMS);

/**
 * The documents in whose text or title every term is found, the terms anywhere in the document, as
 * a condition on `document_list`.
 */
export function isFoundBy(tenant: TenantId, query: string) {
  const found = termsOf(query).map((term) => {
    const asked = sql`websearch_to_tsquery('simple', ${term})`;
    return sql`(to_tsvector('simple', document_list.title) @@ ${asked}
      or document_list.document_id in (
        select document_id from document_sections
         where document_sections.tenant_id = ${tenant} and search @@ ${asked}))`;
  });
  return found.length === 0 ? sql<boolean>`false` : sql<boolean>`${sql.join(found, sql` and `)}`;
}
