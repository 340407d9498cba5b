import type { DecisionContext } from '#domain/decider.ts';
import { mustMay } from '#domain/document/access.ts';
import { type Portion, serverActor, writing } from '#domain/document/changing.ts';
import type { ChangeWriter } from '#domain/document/change-writer.ts';
import type { Content } from '#domain/document/content.ts';
import type {
  DocumentCommand,
  ReconcileDocument,
  RedoGroup,
  UndoGroup,
  UndoScope,
} from '#domain/document/commands.ts';
import type { ContentEvent, DocumentEvent } from '#domain/document/events.ts';
import { cutFromOf } from '#domain/document/reading.ts';
import type { DocumentState, LivingDocument } from '#domain/document/state.ts';
import { Rejected } from '#domain/rejected.ts';
import {
  type EditGroup,
  groupOf,
  isInEffect as isGroupInEffect,
  isTooOld,
  lastInEffect,
  lastUndone,
} from './groups.ts';
import { counts } from './ledger.ts';
import { settlingOf } from './settling.ts';
import { writeSettling } from './write-settling.ts';

type UndoCommand = UndoGroup | RedoGroup | ReconcileDocument;

export const isUndo = (command: DocumentCommand): command is UndoCommand =>
  ['UndoGroup', 'RedoGroup', 'ReconcileDocument'].includes(command.type);

export function decideUndo(
  command: UndoCommand,
  state: DocumentState,
  context: DecisionContext,
): DocumentEvent[] {
  switch (command.type) {
    case 'UndoGroup':
      return undoGroup(command, state, context);
    case 'RedoGroup':
      return redoGroup(command, state, context);
    case 'ReconcileDocument':
      return reconcileDocument(state, context);
  }
}

function undoGroup(
  { scope, group: id }: UndoGroup,
  state: DocumentState,
  context: DecisionContext,
): DocumentEvent[] {
  const document = mustMayUndo(state, context, scope);
  const { groups } = document.ledger;
  const isTheirs = ({ author }: EditGroup) =>
    scope === 'document' || author === context.principal.member;
  const group =
    id === undefined
      ? lastInEffect(groups, isTheirs)
      : mustBeKnown(document, groupOf(groups, id.toLowerCase()));
  if (group === undefined) throw new Rejected('undo/nothing-to-undo');
  mustBeReachable(group, scope, context);
  if (group.undone) return [];
  return settling(document, context, group, false, (data) => ({
    type: 'ChangesUndone',
    data: { ...data, group: group.id },
  }));
}

function redoGroup(
  { scope, group: id }: RedoGroup,
  state: DocumentState,
  context: DecisionContext,
): DocumentEvent[] {
  const document = mustMayUndo(state, context, scope);
  const { groups } = document.ledger;
  const { member } = context.principal;
  const isTheirs = ({ author, undone }: EditGroup) =>
    scope === 'document' || (author === member && undone?.by === member);
  const group =
    id === undefined
      ? lastUndone(groups, isTheirs)
      : mustBeKnown(document, groupOf(groups, id.toLowerCase()));
  if (group === undefined) throw new Rejected('undo/nothing-to-redo');
  mustBeReachable(group, scope, context);
  if (!group.undone) return [];
  // Whoever went on editing has chosen; only a right to the whole document reaches behind that.
  if (scope === 'mine' && group.undone.isFinal) throw new Rejected('undo/nothing-to-redo');
  return settling(document, context, group, true, (data) => ({
    type: 'ChangesRedone',
    data: { ...data, group: group.id },
  }));
}

function reconcileDocument(state: DocumentState, context: DecisionContext): DocumentEvent[] {
  const document = mustMay(state, context.principal, 'document.edit');
  return settling(document, context, undefined, true, (data) => ({
    type: 'ChangesReconciled',
    data,
  }));
}

function mustMayUndo(
  state: DocumentState,
  { principal }: DecisionContext,
  scope: UndoScope,
): LivingDocument {
  const document = mustMay(state, principal, 'document.edit');
  if (scope === 'document') mustMay(state, principal, 'document.restore');
  if (document.status === 'archived') throw new Rejected('document/archived');
  return document;
}

function mustBeKnown({ ledger: { groups } }: LivingDocument, group: EditGroup | undefined) {
  if (group !== undefined) return group;
  const isForgotten = groups.count > groups.known.size;
  throw new Rejected(isForgotten ? 'document/undo-too-old' : 'undo/group-not-found');
}

function mustBeReachable(
  group: EditGroup,
  scope: UndoScope,
  { principal, now }: DecisionContext,
): void {
  if (scope === 'mine' && group.author !== principal.member) throw new Rejected('undo/not-yours');
  if (isTooOld(group, now)) throw new Rejected('document/undo-too-old');
}

/** Writes what follows when `group` is in effect, or no longer; always said, even if nobody sees it. */
function settling(
  document: LivingDocument,
  context: DecisionContext,
  group: EditGroup | undefined,
  isInEffect: boolean,
  eventOf: (portion: Portion) => ContentEvent,
): DocumentEvent[] {
  const { ledger } = document;
  const countsThen = (owner: number) =>
    counts(ledger, owner, (number) =>
      number === group?.number ? isInEffect : isGroupInEffect(ledger.groups, number),
    );
  const write = (content: Content, writer: ChangeWriter) => {
    const actor = serverActor(document, context.principal.member);
    const settling = settlingOf(content, cutFromOf(document), ledger, countsThen, group?.number);
    writeSettling(content, settling, actor, writer);
  };
  return writing(document, context, write, eventOf, group !== undefined);
}
