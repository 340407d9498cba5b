import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DocumentCommand, UndoScope } from '#domain/document/commands.ts';
import { documentAggregate } from '#domain/document/document.ts';
import { Rejected, type RejectionCode } from '#domain/rejected.ts';
import type { Principal } from '#domain/rights.ts';
import { type WrittenDocument, ada, bob, written } from '#test/support/document.ts';
import { principal } from '#test/support/given.ts';

const undo = (group?: string, scope: UndoScope = 'mine'): DocumentCommand => ({
  type: 'UndoGroup',
  scope,
  ...(group !== undefined && { group }),
});
const redo = (group?: string, scope: UndoScope = 'mine'): DocumentCommand => ({
  type: 'RedoGroup',
  scope,
  ...(group !== undefined && { group }),
});

/** Puts this in front, and answers the group that it is. */
function typed(document: WrittenDocument, text: string, who: Principal = ada): string {
  const edits = [{ type: 'insertText', at: 0, text }] as const;
  const [event] = document.do({ type: 'EditDocument', edits }, who);
  return event?.type === 'ChangesApplied' ? event.data.group : assert.fail(event?.type);
}

const refuses = (
  document: WrittenDocument,
  command: DocumentCommand,
  code: RejectionCode,
  who?: Principal,
) =>
  assert.throws(
    () => document.decide(command, who),
    (error) => {
      assert.ok(error instanceof Rejected, String(error));
      assert.equal(error.code, code);
      return true;
    },
  );

test('what a document began with is nobody’s to take back', () => {
  const document = written('text');
  const [, begun] = document.events;
  assert.ok(begun?.type === 'ChangesApplied');
  for (const scope of ['mine', 'document'] as const) {
    refuses(document, undo(undefined, scope), 'undo/nothing-to-undo');
    refuses(document, undo(begun.data.group, scope), 'undo/group-not-found');
    refuses(document, redo(undefined, scope), 'undo/nothing-to-redo');
  }
});

test('a cut that the server made or a person asked for is nothing to take back', () => {
  const document = written('one two');
  document.edit({ type: 'splitSection', section: document.section(0), at: 4 });
  refuses(document, undo(), 'undo/nothing-to-undo');
});

test('what is another’s is refused in one’s own scope, and reached in that of the document', () => {
  const document = written('text');
  const [hers, his] = [typed(document, 'A'), typed(document, 'B', bob)];
  refuses(document, undo(his), 'undo/not-yours');
  refuses(document, undo(hers), 'undo/not-yours', bob);
  document.do(undo(hers, 'document'), bob);
  assert.equal(document.markdown, 'Btext');
  // He undid it, so it is not hers to redo; nor is it his, in his own scope.
  refuses(document, redo(), 'undo/nothing-to-redo');
  refuses(document, redo(hers), 'undo/not-yours', bob);
  document.do(redo(undefined, 'document'), bob);
  assert.equal(document.markdown, 'BAtext');
});

test('who may not edit undoes nothing, and who may not see the document learns nothing', () => {
  const document = written('text');
  const group = typed(document, 'A');
  const cleo = principal('cleo', 'author');
  const access = (level: 'viewer' | 'commenter' | 'editor') =>
    document.do({
      type: 'ChangeAccess',
      access: { members: { [ada.member]: 'owner', [cleo.member]: level }, groups: {} },
    });
  const commands = [undo(), undo(group, 'document'), redo(), redo(group, 'document')];
  const reconcile = { type: 'ReconcileDocument' } as const;
  for (const command of [...commands, reconcile]) {
    refuses(document, command, 'document/not-found', cleo);
  }
  for (const level of ['viewer', 'commenter'] as const) {
    access(level);
    for (const command of [...commands, reconcile]) {
      refuses(document, command, 'right/missing', cleo);
    }
  }
  access('editor');
  refuses(document, undo(), 'undo/nothing-to-undo', cleo);
  document.do(undo(group, 'document'), cleo);
  assert.equal(document.markdown, 'text');
});

test('an archived document changes by undo no more than by edits', () => {
  const document = written('text');
  typed(document, 'A');
  const group = typed(document, 'B');
  document.do(undo());
  document.do({ type: 'ArchiveDocument' });
  for (const command of [undo(), undo(group), redo(), redo(group)]) {
    refuses(document, command, 'document/archived');
  }
  document.do({ type: 'UnarchiveDocument' });
  document.do(redo());
  assert.equal(document.markdown, 'BAtext');
});

test('deciding twice is harmless: what is undone or in effect already stays so', () => {
  const document = written('text');
  const group = typed(document, 'A');
  assert.deepEqual(document.decide(redo(group)), []);
  assert.equal(document.do(undo(group)).length, 1);
  assert.deepEqual(document.decide(undo(group)), []);
  assert.deepEqual(document.decide(undo(group.toUpperCase())), []);
  assert.deepEqual(document.decide(undo(group, 'document'), bob), []);
  assert.equal(document.do(redo(group)).length, 1);
  assert.deepEqual(document.decide(redo(group)), []);
  assert.deepEqual(document.decide({ type: 'ReconcileDocument' }), []);
  assert.equal(document.markdown, 'Atext');
});

test('deciding without folding leaves the document as it was', () => {
  const document = written('text');
  typed(document, 'A');
  const [once] = document.decide(undo());
  const [again] = document.decide(undo());
  assert.deepEqual(once?.data, again?.data);
  assert.equal(document.markdown, 'Atext');
});

test('whoever goes on editing after an undo has nothing to redo, others’ edits change nothing', () => {
  const document = written('text');
  const group = typed(document, 'A');
  document.do(undo());
  typed(document, 'B', bob);
  assert.equal(document.decide(redo()).length, 1);
  typed(document, 'C');
  refuses(document, redo(), 'undo/nothing-to-redo');
  refuses(document, redo(group), 'undo/nothing-to-redo');
  document.do(redo(group, 'document'), bob);
  assert.equal(document.markdown, 'CBAtext');
});

test('redo goes back through what was undone, the last first', () => {
  const document = written('text');
  for (const text of ['A', 'B', 'C']) typed(document, text);
  for (const said of ['BAtext', 'Atext', 'text']) {
    document.do(undo());
    assert.equal(document.markdown, said);
  }
  for (const said of ['Atext', 'BAtext', 'CBAtext']) {
    document.do(redo());
    assert.equal(document.markdown, said);
  }
  refuses(document, redo(), 'undo/nothing-to-redo');
});

const DAY = 24 * 60 * 60 * 1_000;

test('after thirty days a group stays as it is', () => {
  const document = written('text');
  const undone = typed(document, 'A');
  document.do(undo());
  const group = typed(document, 'B', bob);
  const { now } = document;
  document.now = new Date(now.getTime() + 30 * DAY);
  assert.equal(document.decide(undo(undefined, 'document')).length, 1);
  document.now = new Date(now.getTime() + 30 * DAY + 1_000);
  for (const scope of ['mine', 'document'] as const) {
    refuses(document, undo(undefined, scope), 'document/undo-too-old', bob);
    refuses(document, undo(group, scope), 'document/undo-too-old', bob);
    refuses(document, redo(undefined, scope), 'document/undo-too-old');
    refuses(document, redo(undone, scope), 'document/undo-too-old');
  }
});

test('beyond a thousand groups one stays as it is, undone or not, also in a snapshot', () => {
  const document = written('text');
  const kept = typed(document, 'A', bob);
  const undone = typed(document, 'B', bob);
  document.do(undo(), bob);
  for (let left = 999; left > 0; left--) typed(document, '.');
  document.do(undo(undefined, 'document'));
  document.do(redo(undefined, 'document'));
  refuses(document, undo(kept), 'document/undo-too-old', bob);
  assert.equal(document.decide(redo(undone), bob).length, 1);
  typed(document, '.');
  const said = `${'.'.repeat(1_000)}Atext`;
  const { encode, decode } = documentAggregate.snapshot!;
  for (const state of [document.state, decode(encode(document.state))]) {
    document.state = state;
    refuses(document, undo(), 'undo/nothing-to-undo', bob);
    refuses(document, redo(), 'undo/nothing-to-redo', bob);
    for (const group of [kept, undone]) {
      refuses(document, undo(group), 'document/undo-too-old', bob);
      refuses(document, redo(group, 'document'), 'document/undo-too-old', bob);
    }
    const last = document.decide(undo());
    assert.equal(last.length, 1);
    assert.equal(document.markdown, said);
  }
});

test('edits with the name of a group join it as long as it is their author’s newest in effect', () => {
  const document = written('text');
  const group = '0a9a7c0e-0d5c-4a8e-9a49-6f1d0c1e2b3a';
  const groupOf = (text: string, who = ada) => {
    const edits = [{ type: 'insertText', at: 0, text }] as const;
    const [event] = document.do({ type: 'EditDocument', edits, group }, who);
    return event?.type === 'ChangesApplied' ? event.data.group : assert.fail(event?.type);
  };
  assert.equal(groupOf('A'), group);
  typed(document, 'B', bob);
  assert.equal(groupOf('C'), group);
  assert.notEqual(groupOf('D', bob), group, 'it is somebody else’s');
  document.do(undo());
  assert.equal(document.markdown, 'DBtext');
  assert.notEqual(groupOf('E'), group, 'it was undone');
  document.do(redo(group, 'document'), bob);
  assert.notEqual(groupOf('F'), group, 'there is a later one');
});
