import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DocumentCommand } from '#domain/document/commands.ts';
import { mayOn, mayRead } from '#domain/document/access.ts';
import { type AccessLevel, type AccessList, accessLevels } from '#domain/document/events.ts';
import { restorePointOf } from '#domain/document/reading.ts';
import type { GroupId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { type Principal, type Role, roles } from '#domain/rights.ts';
import { type WrittenDocument, ada, written } from '#test/support/document.ts';
import { principal } from '#test/support/given.ts';

const legal = '3a9a7c0e-0d5c-4a8e-9a49-6f1d0c1e2b3a' as GroupId;
const cleo = (...roles: Role[]): Principal => ({ ...principal('cleo', ...roles), groups: [legal] });

function shared(access: AccessList): WrittenDocument {
  const document = written('text');
  document.do({ type: 'ChangeAccess', access });
  return document;
}

/** What everybody may do with one document, as its answers. */
function answers(document: WrittenDocument, who: Principal): Record<string, string> {
  const commands: Record<string, DocumentCommand> = {
    edit: { type: 'EditDocument', edits: [{ type: 'setTitle', title: 'New' }] },
    file: { type: 'FileDocument', folder: 'Plans' },
    name: { type: 'NameVersion', name: 'Draft' },
    restore: {
      type: 'RestoreDocument',
      to: { ...restorePointOf(document.living), title: 'Old' },
      revision: 1,
    },
    archive: { type: 'ArchiveDocument' },
    share: { type: 'ChangeAccess', access: { members: {}, groups: {}, everyone: 'commenter' } },
  };
  const answer = (command: DocumentCommand) => {
    try {
      return document.decide(command, who).length > 0 ? 'yes' : 'already so';
    } catch (error) {
      assert.ok(error instanceof Rejected);
      return error.code;
    }
  };
  return Object.fromEntries(Object.entries(commands).map(([name, one]) => [name, answer(one)]));
}

const all = (answer: string) => ({
  edit: answer,
  file: answer,
  name: answer,
  restore: answer,
  archive: answer,
  share: answer,
});

test('who may not even see a document gets the answer of an id that never existed', () => {
  const document = written('text');
  for (const role of ['admin', 'author', 'reviewer', 'viewer'] as const) {
    assert.deepEqual(answers(document, cleo(role)), all('document/not-found'), role);
    assert.equal(mayRead(document.state, cleo(role)), false);
  }
});

test('owners and editors of the tenant may do everything with every document', () => {
  for (const role of ['owner', 'editor'] as const) {
    assert.deepEqual(answers(written('text'), cleo(role)), all('yes'), role);
  }
});

test('an auditor reads every document and writes none, whatever its list says', () => {
  const document = shared({ members: { [cleo().member]: 'owner' }, groups: {} });
  assert.deepEqual(answers(document, cleo('auditor')), all('right/missing'));
  assert.ok(mayRead(document.state, cleo('auditor')));
});

test('an author may do what the list says, by name, by group or as one of everyone', () => {
  const expected: Record<AccessLevel, Record<string, string>> = {
    viewer: all('right/missing'),
    commenter: all('right/missing'),
    editor: { ...all('yes'), archive: 'right/missing', share: 'right/missing' },
    owner: all('yes'),
  };
  for (const level of accessLevels) {
    const lists: AccessList[] = [
      { members: { [cleo().member]: level }, groups: {} },
      { members: {}, groups: { [legal]: level } },
      { members: {}, groups: {}, everyone: level },
      { members: { [cleo().member]: 'viewer' }, groups: { [legal]: level }, everyone: 'viewer' },
    ];
    for (const list of lists) {
      assert.deepEqual(answers(shared(list), cleo('author')), expected[level], level);
    }
  }
});

test('a role that only reads stays a reader, whatever the list says', () => {
  const document = shared({ members: { [cleo().member]: 'owner' }, groups: {} });
  for (const role of ['viewer', 'reviewer'] as const) {
    assert.deepEqual(answers(document, cleo(role)), all('right/missing'), role);
  }
});

test('who sees a document and is commenter or above comments on it, readers by role included', () => {
  const comments = (role: Role, level: AccessLevel) =>
    mayOn({ members: { [cleo().member]: level }, groups: {} }, cleo(role), 'document.comment');
  for (const role of ['admin', 'author', 'reviewer', 'viewer'] as const) {
    const allowed = accessLevels.filter((level) => comments(role, level));
    assert.deepEqual(allowed, ['commenter', 'editor', 'owner'], role);
  }
  for (const role of ['owner', 'editor'] as const) assert.ok(comments(role, 'viewer'), role);
  assert.ok(!comments('auditor', 'owner'));
});

test('the author of a document is its owner, and nobody without a role is anything', () => {
  assert.deepEqual(answers(written('text'), ada), all('yes'));
  assert.deepEqual(answers(written('text'), { ...ada, roles: [] }), all('document/not-found'));
  for (const role of roles) {
    const mayCreate = ['owner', 'admin', 'editor', 'author'].includes(role);
    const create = () => written().decide({ type: 'CreateDocument', title: 'x' }, cleo(role));
    const code = mayCreate ? 'document/already-exists' : 'right/missing';
    assert.throws(create, (error) => error instanceof Rejected && error.code === code, role);
  }
});
