import type { DecisionContext } from '#domain/decider.ts';
import type {
  AcceptChanges,
  CutGrownSections,
  DocumentCommand,
} from '#domain/document/commands.ts';
import type { DocumentEvent } from '#domain/document/events.ts';
import type { DocumentState } from '#domain/document/state.ts';
import { acceptChanges } from './accept-changes.ts';
import { cutGrownSections } from './cut-grown-sections.ts';

type LiveCommand = AcceptChanges | CutGrownSections;

export const isLive = (command: DocumentCommand): command is LiveCommand =>
  ['AcceptChanges', 'CutGrownSections'].includes(command.type);

export function decideLive(
  command: LiveCommand,
  state: DocumentState,
  context: DecisionContext,
): DocumentEvent[] {
  switch (command.type) {
    case 'AcceptChanges':
      return acceptChanges(command, state, context);
    case 'CutGrownSections':
      return cutGrownSections(state, context);
  }
}
