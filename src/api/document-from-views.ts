import type { DocumentId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { Principal } from '#domain/rights.ts';
import type { Views } from '#infra/postgres/projections/views.ts';
import type { DocumentListTables } from '#projections/document-list.ts';
import { sectionsShown } from '#projections/document-sections.ts';
import { type DocumentVersionsTables, versionsOf } from '#projections/document-versions.ts';
import { listedDocument } from '#projections/listed-documents.ts';
import type { DocumentAsOf } from './document-deps.ts';

/**
 * A document as its views show it: what is read while the log is away. Throws `Rejected` as the
 * document's own stream would.
 */
export async function documentFromViews(
  views: Views,
  principal: Principal,
  id: DocumentId,
): Promise<DocumentAsOf> {
  const { tenant } = principal;
  const [listed, sections, named] = await Promise.all([
    views.read<Awaited<ReturnType<typeof listedDocument>>, DocumentListTables>((tables) =>
      listedDocument(tables, principal, id),
    ),
    views.read((tables) => sectionsShown(tables, tenant, id)),
    views.read<Awaited<ReturnType<typeof versionsOf>>, DocumentVersionsTables>((tables) =>
      versionsOf(tables, tenant, id),
    ),
  ]);
  if (listed === undefined) throw new Rejected('document/not-found');
  const { revision, title, folder, archived, access, updatedAt } = listed;
  const versions = new Map(named.map((version) => [version.name, version.revision]));
  return {
    id,
    revision,
    recordedAt: updatedAt,
    title,
    folder,
    archived,
    sections,
    access,
    versions,
  };
}
