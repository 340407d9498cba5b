import type { DecisionContext } from '#domain/decider.ts';
import type { BranchDocument, DocumentCommand, MergeBranch } from '#domain/document/commands.ts';
import type { DocumentEvent } from '#domain/document/events.ts';
import type { DocumentState } from '#domain/document/state.ts';
import { branchDocument } from './branch-document.ts';
import { mergeBranch } from './merge-branch.ts';

type BranchCommand = BranchDocument | MergeBranch;

export const isOfBranches = (command: DocumentCommand): command is BranchCommand =>
  command.type === 'BranchDocument' || command.type === 'MergeBranch';

export function decideBranch(
  command: BranchCommand,
  state: DocumentState,
  context: DecisionContext,
): DocumentEvent[] {
  switch (command.type) {
    case 'BranchDocument':
      return branchDocument(command, state, context);
    case 'MergeBranch':
      return mergeBranch(command, state, context);
  }
}
