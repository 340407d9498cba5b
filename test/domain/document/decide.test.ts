import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DocumentCommand } from '#domain/document/commands.ts';
import { documentAggregate } from '#domain/document/document.ts';
import type { Edit } from '#domain/document/edits.ts';
import type { DocumentEvent } from '#domain/document/events.ts';
import { MOST_DELETED, MOST_EDITS, MOST_TITLE_CHARACTERS } from '#domain/document/limits.ts';
import { contentOf, restorePointOf, titleOf } from '#domain/document/reading.ts';
import type { SectionId } from '#domain/ids.ts';
import { Rejected, type RejectionCode } from '#domain/rejected.ts';
import { ada, written } from '#test/support/document.ts';
import { given, principal } from '#test/support/given.ts';

const events = (...markdown: string[]): DocumentEvent[] => written(...markdown).events;
const document = (...history: DocumentEvent[]) => given(documentAggregate.decider, ...history);
const edit = (...edits: Edit[]) => ({ type: 'EditDocument', edits }) as const;
const archived: DocumentEvent = { type: 'DocumentArchived', data: {} };

function refused(markdown: string, edits: Edit[], code: RejectionCode) {
  const document = written(markdown);
  assert.throws(
    () => document.edit(...edits),
    (error) => error instanceof Rejected && error.code === code,
  );
  assert.equal(document.markdown, markdown, 'and nothing has changed');
}

test('a document is created once, by the same command', () => {
  document().when({ type: 'CreateDocument', title: 'Plan', markdown: '# One\n' }).twice();
  document(...events())
    .when({ type: 'CreateDocument', title: 'Plan' })
    .isRejected('document/already-exists');
});

test('what is created can be read, and belongs to its author', () => {
  const document = written('# One\ntext\n# Two\n', 'Plan');
  assert.deepEqual(document.texts, ['# One\ntext\n', '# Two\n']);
  assert.equal(titleOf(document.living), 'Plan');
  assert.deepEqual(document.living.access, { members: { [ada.member]: 'owner' }, groups: {} });
});

test('an empty document has a section that one can write in', () => {
  assert.deepEqual(written().texts, ['']);
});

test('editing what is not there, or no longer may change, is refused', () => {
  const command = edit({ type: 'setTitle', title: 'New' });
  document().when(command).isRejected('document/not-found');
  document(...events(), archived)
    .when(command)
    .isRejected('document/archived');
  document(...events(), archived)
    .when({ type: 'FileDocument', folder: 'x' })
    .isRejected('document/archived');
});

test('edits that change nothing are no event', () => {
  const document = written('one two\n# Three\n');
  const [first, second] = [document.section(0), document.section(1)];
  document.edit({ type: 'deleteSection', section: second });
  const nothing: Edit[] = [
    { type: 'setTitle', title: 'Plan' },
    { type: 'insertText', at: 3, text: '' },
    { type: 'replaceText', find: 'one', with: 'one' },
    { type: 'moveSection', section: first, after: null },
    { type: 'moveSection', section: first, after: first },
    { type: 'splitSection', section: first, at: 0 },
    { type: 'splitSection', section: first, at: 8 },
    { type: 'deleteSection', section: second },
  ];
  for (const one of nothing) assert.deepEqual(document.edit(one), [], one.type);
  assert.deepEqual(document.edit(...nothing), []);
});

test('typing and deleting what was typed is no event', () => {
  const document = written('text');
  assert.deepEqual(
    document.edit(
      { type: 'insertText', at: 2, text: 'ab' },
      { type: 'deleteText', at: 2, count: 2 },
    ),
    [],
  );
});

test('an event says who, why, how much, where, and the new title', () => {
  const document = written('one two\n# Three\n');
  const section = document.section(1);
  const [change] = document.edit(
    { type: 'insertText', at: 0, text: 'zero ' },
    { type: 'deleteText', section, at: 2, count: 5 },
    { type: 'setTitle', title: 'New' },
  );
  assert.ok(change);
  const { changes, group, ...rest } = change;
  assert.equal(changes.length, 1);
  assert.match(group, /^[0-9a-f-]{36}$/);
  assert.deepEqual(rest, {
    author: ada.member,
    at: Date.parse('2026-01-31T12:00:30Z') / 1_000,
    origin: 'person',
    size: { inserted: 5, deleted: 5 },
    sections: [document.section(0), section].toSorted(
      (a, b) => rest.sections.indexOf(a) - rest.sections.indexOf(b),
    ),
    title: 'New',
  });
  assert.equal(titleOf(document.living), 'New');
});

test('each edit is read against the result of the ones before it', () => {
  const document = written('abc');
  document.edit(
    { type: 'insertText', at: 3, text: 'def' },
    { type: 'deleteText', at: 2, count: 2 },
    { type: 'replaceText', find: 'be', with: 'x' },
  );
  assert.equal(document.markdown, 'axf');
});

test('text at a boundary goes to the end of the left section', () => {
  const document = written('one\n# Two\n');
  document.edit({ type: 'insertText', at: 4, text: 'more\n' });
  assert.deepEqual(document.texts, ['one\nmore\n', '# Two\n']);
  document.edit({ type: 'insertText', section: document.section(1), at: 0, text: '\n' });
  assert.deepEqual(document.texts, ['one\nmore\n', '\n# Two\n']);
});

test('a deletion may span sections; what it empties stays', () => {
  const document = written('one\n# Two\n# Three\n');
  document.edit({ type: 'deleteText', at: 2, count: 10 });
  assert.deepEqual(document.texts, ['on', '', 'Three\n']);
});

test('a replacement is found across sections, and must be the only one', () => {
  const document = written('one\n# Two\n');
  document.edit({ type: 'replaceText', find: 'e\n# T', with: 'e\n# t' });
  assert.deepEqual(document.texts, ['one\n', '# two\n']);
  refused('aaa', [{ type: 'replaceText', find: 'aa', with: 'b' }], 'edit/ambiguous');
  refused('aaa', [{ type: 'replaceText', find: 'b', with: 'c' }], 'edit/not-found');
});

test('only what differs is replaced, in whole characters', () => {
  const document = written('say 😀 now');
  const [change] = document.edit({ type: 'replaceText', find: 'say 😀 now', with: 'say 😁 now' });
  assert.equal(document.markdown, 'say 😁 now');
  assert.deepEqual(change?.size, { inserted: 2, deleted: 2 });
});

test('sections are added, moved, deleted and split', () => {
  const document = written('one\n# Two\n');
  const [one, two] = [document.section(0), document.section(1)];
  document.edit({ type: 'insertSection', after: one, text: '# New\n# Newer\n' });
  assert.deepEqual(document.texts, ['one\n', '# New\n', '# Newer\n', '# Two\n']);
  document.edit({ type: 'moveSection', section: two, after: null });
  assert.deepEqual(document.texts, ['# Two\n', 'one\n', '# New\n', '# Newer\n']);
  const [deletion] = document.edit({ type: 'deleteSection', section: one });
  assert.deepEqual(document.texts, ['# Two\n', '# New\n', '# Newer\n']);
  assert.deepEqual(deletion?.size, { inserted: 0, deleted: 4 });
  const [cut] = document.edit({ type: 'splitSection', section: two, at: 2 });
  assert.deepEqual(document.texts, ['# ', 'Two\n', '# New\n', '# Newer\n']);
  assert.deepEqual(cut?.size, { inserted: 0, deleted: 0 });
  assert.equal(cut?.cuts?.[0]?.from, two);
  assert.equal(cut?.cuts?.[0]?.to, document.section(1));
});

test('a document without sections gets one when somebody writes', () => {
  const document = written('text');
  document.edit({ type: 'deleteSection', section: document.section(0) });
  assert.deepEqual(document.texts, []);
  document.edit({ type: 'insertText', at: 0, text: 'again' });
  assert.deepEqual(document.texts, ['again']);
});

test('an edit that cannot be is refused with its reason, and the whole request with it', () => {
  const unknown = '0123456789abcdef' as SectionId;
  const good: Edit = { type: 'insertText', at: 0, text: 'x' };
  const bad: [Edit, RejectionCode][] = [
    [{ type: 'insertText', at: 6, text: 'y' }, 'edit/out-of-range'],
    [{ type: 'deleteText', at: 4, count: 2 }, 'edit/out-of-range'],
    [{ type: 'insertText', at: 2, text: 'y' }, 'edit/inside-character'],
    [{ type: 'deleteText', at: 1, count: 1 }, 'edit/inside-character'],
    [{ type: 'insertText', at: 0, text: 'half \ud83d' }, 'text/not-storable'],
    [{ type: 'replaceText', find: 'b', with: '\u0000' }, 'text/not-storable'],
    [{ type: 'insertText', section: unknown, at: 0, text: 'y' }, 'edit/section-not-found'],
    [{ type: 'moveSection', section: unknown, after: null }, 'edit/section-not-found'],
    [{ type: 'deleteSection', section: unknown }, 'edit/section-not-found'],
    [{ type: 'insertSection', after: unknown, text: 'y' }, 'edit/section-not-found'],
    [{ type: 'setTitle', title: 'x'.repeat(MOST_TITLE_CHARACTERS + 1) }, 'document/title-too-long'],
  ];
  for (const [edit, code] of bad) refused('😀bb', [good, edit], code);
  refused(
    '',
    Array.from({ length: MOST_EDITS + 1 }, () => good),
    'document/too-many-edits',
  );
});

test('one request deletes only so much, because that keeps everybody waiting', () => {
  const text = 'word '.repeat(50_000);
  const edits = [{ type: 'deleteText', at: 0, count: MOST_DELETED + 1 } as const];
  refused(text, edits, 'edit/deletes-too-much');
});

test('archiving, unarchiving, filing and sharing happen once', () => {
  const history = events();
  const shared = { members: {}, groups: {}, everyone: 'viewer' } as const;
  const commands: DocumentCommand[] = [
    { type: 'ArchiveDocument' },
    { type: 'FileDocument', folder: 'Plans/2026', order: 'a1' },
    { type: 'ChangeAccess', access: shared },
    { type: 'NameVersion', name: 'Draft', revision: 0 },
  ];
  for (const command of commands)
    document(...history)
      .when(command)
      .twice();
  document(...history)
    .when({ type: 'UnarchiveDocument' })
    .nothingHappens();
  document(...history, archived)
    .when({ type: 'UnarchiveDocument' })
    .twice();
  document(...history)
    .when({ type: 'FileDocument', folder: null })
    .nothingHappens();
});

test('a version name stands for one revision until it is removed', () => {
  const named: DocumentEvent = { type: 'VersionNamed', data: { name: 'Draft', revision: 0 } };
  const removed: DocumentEvent = { type: 'VersionNameRemoved', data: { name: 'Draft' } };
  const remove = { type: 'RemoveVersionName', name: 'Draft' } as const;
  document(...events(), named)
    .when({ type: 'NameVersion', name: 'Draft', revision: 1 })
    .isRejected('version/name-taken');
  document(...events())
    .when({ type: 'NameVersion', name: 'Draft', revision: 9 })
    .isRejected('version/not-found');
  document(...events())
    .when({ type: 'NameVersion', name: 'Draft' })
    .happens({
      type: 'VersionNamed',
      data: { name: 'Draft', revision: 1 },
    });
  document(...events(), named)
    .when(remove)
    .happens(removed);
  document(...events(), named)
    .when(remove)
    .twice();
  document(...events())
    .when(remove)
    .nothingHappens();
});

test('restoring what is there already is no event', () => {
  const document = written('text');
  const to = restorePointOf(document.living);
  assert.deepEqual(document.do({ type: 'RestoreDocument', to, revision: 1 }), []);
  document.edit({ type: 'insertText', at: 0, text: 'more ' });
  assert.equal(document.do({ type: 'RestoreDocument', to, revision: 1 }).length, 1);
  assert.deepEqual(document.do({ type: 'RestoreDocument', to, revision: 1 }), []);
});

test('of an erased document only the fact is left', () => {
  const { decider } = documentAggregate;
  const state = decider.erase!(written('text').state);
  assert.deepEqual(state, { status: 'erased' });
  const context = {
    principal: principal('olivia', 'owner'),
    commandId: 'c' as never,
    now: new Date(0),
    derive: String,
    revision: 3,
  };
  for (const command of [
    { type: 'ArchiveDocument' },
    { type: 'CreateDocument', title: 'x' },
  ] as const) {
    assert.throws(() => decider.decide(command, state, context), new Rejected('document/erased'));
  }
});

test('text that is cut where it is pasted stays in front of what the same request has split off', () => {
  // What has one place is ordered by its id, so each round has its own chance to go wrong.
  for (let round = 0; round < 10; round++) {
    const document = written('# One\ntext\n# Two\n');
    const section = contentOf(document.living).sections[0]!.id;
    const text = 'Some words.\n\n'.repeat(616);
    for (let before = 0; before < round; before++)
      document.edit({ type: 'setTitle', title: `Title ${before}` });
    document.edit({ type: 'splitSection', section, at: 1 }, { type: 'insertText', at: 0, text });
    assert.equal(document.markdown, `${text}# One\ntext\n# Two\n`);
  }
});

test('a folder and a title that come together happen together, or not at all', () => {
  const both = { type: 'FileDocument', folder: 'Plans', title: 'New' } as const;
  assert.deepEqual(
    written('text\n')
      .decide(both)
      .map(({ type }) => type),
    ['DocumentFiled', 'ChangesApplied'],
  );
  document(...events('text\n'))
    .when({ ...both, title: 'x'.repeat(MOST_TITLE_CHARACTERS + 1) })
    .isRejected('document/title-too-long');
});
