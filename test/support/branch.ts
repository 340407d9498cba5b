import { inheritedFrom } from '#domain/document/branch/inheritance.ts';
import { ownChangesOf } from '#domain/document/branch/own-changes.ts';
import type { DocumentEvent } from '#domain/document/events.ts';
import type { DocumentId } from '#domain/ids.ts';
import { derivedUuid } from '#domain/ids.ts';
import type { Principal } from '#domain/rights.ts';
import { WrittenDocument, ada } from './document.ts';

export const branchId = (name: string) => derivedUuid('test branch', name) as DocumentId;

type Branching = {
  readonly title?: string;
  readonly who?: Principal;
  /** Tells several branches apart; who comes first in Automerge’s order follows from it. */
  readonly name?: string;
};

/** A branch of this document, begun where it stands now. */
export function branchOf(
  document: WrittenDocument,
  { title, who = ada, name = 'branch' }: Branching = {},
): WrittenDocument {
  const branch = new WrittenDocument(name);
  const { living, revision } = document;
  branch.do(
    {
      type: 'BranchDocument',
      of: { document: branchId('original'), revision },
      ...(title !== undefined && { title }),
      access: living.access,
      folder: null,
      inherited: inheritedFrom(living),
    },
    who,
  );
  return branch;
}

export const merge = (
  document: WrittenDocument,
  branch: WrittenDocument,
  who: Principal = ada,
): DocumentEvent[] =>
  document.do(
    {
      type: 'MergeBranch',
      id: branchId('branch'),
      branch: ownChangesOf(branch.living),
      revision: branch.revision,
    },
    who,
  );
