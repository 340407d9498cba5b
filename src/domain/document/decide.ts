import type { DecisionContext } from '#domain/decider.ts';
import { decideBranch, isOfBranches } from './branch/decide-branch.ts';
import { decideLive, isLive } from './accepting/decide-accepting.ts';
import { takeSuggestion } from './anchor/take-suggestion.ts';
import type { DocumentCommand, FileDocument } from './commands.ts';
import { createDocument, editDocument } from './decide-content.ts';
import { decideFiling, fileDocument, isFiling } from './decide-filing.ts';
import type { DocumentEvent } from './events.ts';
import { restoreDocument } from './restore.ts';
import type { DocumentState } from './state.ts';
import { decideUndo, isUndo } from './undo/decide-undo.ts';

export function decide(
  command: DocumentCommand,
  state: DocumentState,
  context: DecisionContext,
): DocumentEvent[] {
  if (isUndo(command)) return decideUndo(command, state, context);
  if (isOfBranches(command)) return decideBranch(command, state, context);
  if (isLive(command)) return decideLive(command, state, context);
  if (isFiling(command)) return decideFiling(command, state, context);
  switch (command.type) {
    case 'CreateDocument':
      return createDocument(command, state, context);
    case 'EditDocument':
      return editDocument(command, state, context);
    case 'FileDocument':
      return [...fileDocument(command, state, context), ...retitled(command, state, context)];
    case 'RestoreDocument':
      return restoreDocument(command, state, context);
    case 'TakeSuggestion':
      return takeSuggestion(command, state, context);
  }
}

function retitled(
  { title }: FileDocument,
  state: DocumentState,
  context: DecisionContext,
): DocumentEvent[] {
  if (title === undefined) return [];
  return editDocument(
    { type: 'EditDocument', edits: [{ type: 'setTitle', title }] },
    state,
    context,
  );
}
