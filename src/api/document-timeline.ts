import type { Transaction } from 'kysely';
import type { DocumentId } from '#domain/ids.ts';
import type { Principal } from '#domain/rights.ts';
import { type DocumentConflictsTables, conflictsOfRevisions } from '#projections/conflict-rows.ts';
import {
  type DocumentTimelineTables,
  type TimelineQuery,
  documentTimelineOf,
} from '#projections/document-timeline.ts';
import type { Page } from '#projections/page.ts';
import type { TimelineEntry } from './document-deps.ts';

export type TimelineTables = DocumentTimelineTables & DocumentConflictsTables;

/** What happened to a document, with the edits that met each other. */
export async function timelineOf(
  tables: Transaction<TimelineTables>,
  { tenant }: Principal,
  id: DocumentId,
  query: TimelineQuery,
): Promise<Page<TimelineEntry>> {
  const page = await documentTimelineOf(tables, tenant, id, query);
  const revisions = page.items.map(({ revision }) => revision);
  const conflicts = await conflictsOfRevisions(tables, tenant, id, revisions);
  const items = page.items.map((item) =>
    Object.assign(item, { conflicts: conflicts.get(item.revision) ?? [] }),
  );
  return { ...page, items };
}
