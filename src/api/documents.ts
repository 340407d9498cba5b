import type { Transaction } from 'kysely';
import { LogUnavailable } from '#commands/ports.ts';
import { blameOf } from '#domain/document/blame.ts';
import { diffDocuments } from '#domain/document/diff.ts';
import {
  baseOf,
  contentOf,
  freeDocument,
  restorePointOf,
  sectionsOf,
  titleOf,
} from '#domain/document/reading.ts';
import { findAnchors } from '#domain/document/anchor/find-anchors.ts';
import { anchorIn } from '#domain/document/anchor/make-anchor.ts';
import { mayOn, mustMay } from '#domain/document/access.ts';
import type { LivingDocument } from '#domain/document/state.ts';
import type { DocumentId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { Principal } from '#domain/rights.ts';
import type { Views } from '#infra/postgres/projections/views.ts';
import type { DocumentListTables } from '#projections/document-list.ts';
import { gate } from '#projections/gate.ts';
import { listBranches, listDocuments } from '#projections/listed-documents.ts';
import type { Aggregates } from './aggregates.ts';
import { documentBranches } from './document-branches.ts';
import type { AnchoringDeps, At, DocumentAsOf, DocumentDeps } from './document-deps.ts';
import { documentFromViews } from './document-from-views.ts';
import { type TimelineTables, timelineOf } from './document-timeline.ts';

/** A large document takes seconds to load as it was; many at once would starve everybody else. */
const PASTS_AT_ONCE = 2;

type Seen<T> = { readonly revision: number; readonly recordedAt: string; readonly value: T };

/** What the document routes need, from the documents' streams and views. */
export function documents(
  { documents: { handle, history } }: Pick<Aggregates, 'documents'>,
  views: Views,
): DocumentDeps & AnchoringDeps {
  const fewAtOnce = gate(PASTS_AT_ONCE);

  /** Takes `look` at the document as it was; whether the principal may is for today's rights to say. */
  async function seen<T>(
    principal: Principal,
    id: DocumentId,
    at: At | undefined,
    look: (document: LivingDocument, revision: number) => T,
  ): Promise<Seen<T>> {
    const newest = await history.newest(principal.tenant, id);
    const document = mustMay(newest.state, principal, 'document.read');
    const point = at && 'version' in at ? { revision: named(document, at.version) } : at;
    if (point === undefined || ('revision' in point && point.revision === newest.revision)) {
      const value = look(document, newest.revision);
      return { revision: newest.revision, recordedAt: newest.recordedAt ?? '', value };
    }
    if ('revision' in point && point.revision > newest.revision) {
      throw new Rejected('version/not-found', { newest: newest.revision });
    }
    return await fewAtOnce(async () => {
      const past = await history.at(principal.tenant, id, point);
      if (!('content' in past.state)) throw new Rejected('version/not-found');
      const value = look(past.state, past.revision);
      freeDocument(past.state);
      return { revision: past.revision, recordedAt: past.recordedAt ?? '', value };
    });
  }

  /** Refuses where the principal may not look, as a view would not know. */
  async function mustSee(principal: Principal, id: DocumentId): Promise<void> {
    await seen(principal, id, undefined, () => undefined).catch(async (error: unknown) => {
      if (!(error instanceof LogUnavailable)) throw error;
      await documentFromViews(views, principal, id);
    });
  }

  return {
    handle,
    ...documentBranches(handle, seen),

    edit: async (id, { edits, baseRevision, group, origin }, meta) => {
      const command = {
        type: 'EditDocument',
        edits,
        ...(group !== undefined && { group }),
        ...(origin !== undefined && { origin }),
      } as const;
      if (baseRevision === undefined) return await handle(id, command, meta);
      const at = { revision: baseRevision };
      const { value: base } = await seen(meta.principal, id, at, baseOf);
      return await handle(id, { ...command, base }, meta);
    },

    undo: async (id, command, meta) => {
      const { revision, position } = await handle(id, command, meta);
      if (command.group !== undefined) return { revision, position, group: command.group };
      // Not from the state: a repeat is answered long after others undid something else.
      const event = await history.event(meta.tenant, id, revision);
      if (event === undefined || !('group' in event.data)) throw new Rejected('document/erased');
      return { revision, position, group: event.data.group };
    },

    restore: async (id, at, meta) => {
      const { value: to, revision } = await seen(meta.principal, id, at, restorePointOf);
      return await handle(id, { type: 'RestoreDocument', to, revision }, meta);
    },

    read: async (principal, id, at) => {
      try {
        const { value, ...when } = await seen(principal, id, at, asPlainData);
        return { id, ...when, ...value };
      } catch (error) {
        if (at !== undefined || !(error instanceof LogUnavailable)) throw error;
        return await documentFromViews(views, principal, id);
      }
    },

    diff: async (principal, id, from, to) => {
      const { value: old, ...before } = await seen(principal, id, from, contentOf);
      const { value: now, ...after } = await seen(principal, id, to, contentOf);
      return { from: before, to: after, ...diffDocuments(old, now) };
    },

    rightsOn: async (principal, id) => {
      const { state } = await history.newest(principal.tenant, id);
      const { access, status } = mustMay(state, principal, 'document.comment');
      if (status === 'archived') throw new Rejected('document/archived');
      const mayEdit = mayOn(access, principal, 'document.edit');
      return { mayEdit, isOwner: mayOn(access, principal, 'document.manage') };
    },

    anchor: async (principal, id, range, baseRevision) => {
      const at = baseRevision === undefined ? undefined : { revision: baseRevision };
      const look = (document: LivingDocument, revision: number) =>
        anchorIn(document, revision, range);
      return (await seen(principal, id, at, look)).value;
    },

    find: async (principal, id, anchors) => {
      const look = (document: LivingDocument) => findAnchors(document, anchors);
      const { revision, value: found } = await seen(principal, id, undefined, look);
      return { revision, found };
    },

    blame: async (principal, id, at) => {
      const { value: sections, ...when } = await seen(principal, id, at, blameOf);
      return { id, ...when, sections };
    },

    list: async (principal, query) =>
      await views.read((tables: Transaction<DocumentListTables>) =>
        listDocuments(tables, principal, query),
      ),

    branches: async (principal, id, page) => {
      await mustSee(principal, id);
      return await views.read((tables: Transaction<DocumentListTables>) =>
        listBranches(tables, principal, id, page),
      );
    },

    timeline: async (principal, id, page) => {
      await mustSee(principal, id);
      return await views.read((tables: Transaction<TimelineTables>) =>
        timelineOf(tables, principal, id, page),
      );
    },
  };
}

const asPlainData = (
  document: LivingDocument,
): Omit<DocumentAsOf, 'id' | 'revision' | 'recordedAt'> => ({
  title: titleOf(document),
  folder: document.folder,
  archived: document.status === 'archived',
  sections: sectionsOf(document),
  access: document.access,
  versions: document.versions,
});

function named({ versions }: LivingDocument, name: string): number {
  const revision = versions.get(name);
  if (revision === undefined) throw new Rejected('version/not-found');
  return revision;
}
