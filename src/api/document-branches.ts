import { mustMay } from '#domain/document/access.ts';
import { inheritedFrom } from '#domain/document/branch/inheritance.ts';
import { overlapsOf } from '#domain/document/branch/overlaps.ts';
import { ownChangesOf } from '#domain/document/branch/own-changes.ts';
import type { LivingDocument } from '#domain/document/state.ts';
import { type DocumentId, derivedUuid } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { Principal } from '#domain/rights.ts';
import type { At, DocumentDeps } from './document-deps.ts';

/** Takes a look at a document as it is or was. */
type See = <T>(
  principal: Principal,
  id: DocumentId,
  at: At | undefined,
  look: (document: LivingDocument) => T,
) => Promise<{ readonly revision: number; readonly value: T }>;

/** Work across two documents: one is read, and what was read is plain data for the other’s command. */
export function documentBranches(
  handle: DocumentDeps['handle'],
  see: See,
): Pick<DocumentDeps, 'branch' | 'merge'> {
  return {
    branch: async (id, { at, title }, meta) => {
      const { principal } = meta;
      // Today's rights and access, whatever they were then.
      const { value: today } = await see(principal, id, undefined, (document) => {
        const { access, folder } = mustMay(document, principal, 'document.edit');
        return { access, folder };
      });
      const { value: inherited, revision } = await see(principal, id, at, inheritedFrom);
      const of = { document: id, revision };
      // From the command's id, so that its repeat meets the same branch.
      const branch = derivedUuid('branch', meta.commandId) as DocumentId;
      const command = { type: 'BranchDocument', of, ...today, inherited } as const;
      const written = await handle(branch, { ...command, ...(title && { title }) }, meta);
      return { id: branch, ...written };
    },

    merge: async (id, branchId, meta) => {
      const { principal } = meta;
      const { value: branch, revision } = await see(principal, branchId, undefined, ownChangesOf);
      if (branch.of !== id) throw new Rejected('branch/not-found');
      const command = { type: 'MergeBranch', id: branchId, branch, revision } as const;
      const written = await handle(id, command, meta);
      const at = { revision: written.revision };
      const { value: overlaps } = await see(principal, id, at, (document) => {
        // Where there was nothing to merge, the document may stand behind an earlier merge.
        const isJustMerged = document.merges.get(branchId)?.revision === written.revision;
        return isJustMerged ? overlapsOf(document, branchId) : [];
      });
      return { ...written, overlaps };
    },
  };
}
