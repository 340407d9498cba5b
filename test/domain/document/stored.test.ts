import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { decode, encode } from 'cborg';
import { Replica } from '#client/replica.ts';
import { savedOf } from '#domain/document/reading.ts';
import { documentSnapshot } from '#domain/document/snapshot.ts';
import type { DocumentState } from '#domain/document/state.ts';
import { WrittenDocument, changesIn, written } from '#test/support/document.ts';
import { ForeignWriter } from '#test/support/foreign-writer.ts';

const ACTOR = 'ada'.padEnd(32, '0');
const GROUP = '5f0f6b5e-4f5c-4d5e-8f0a-1c1c1c1c1c1c';

/** Goes on as a process does that has the document from its snapshot. */
function storedAndLoaded(
  document: WrittenDocument,
  change: (stored: { longest?: number }) => void = () => undefined,
): void {
  const stored = decode(documentSnapshot.encode(document.state)) as { longest?: number };
  change(stored);
  document.state = documentSnapshot.decode(encode(stored, { ignoreUndefinedProperties: true }));
}

const textOf = (saved: Uint8Array) =>
  Replica.load(saved)
    .sections.map(({ text }) => text)
    .join('');

/** Types at the beginning of the first section, as a live client does. */
function type(document: WrittenDocument, text: string): void {
  const writer = new ForeignWriter(ACTOR);
  writer.take(document.changes);
  const change = writer.splice(document.section(0), 0, 0, text);
  document.do({ type: 'AcceptChanges', actor: ACTOR, changes: [change], group: GROUP });
}

/** Text that does not get much smaller when it is stored. */
function digits(count: number, seed: string): string {
  const hash = (part: number) => createHash('sha512').update(`${seed} ${part}`).digest('hex');
  return Array.from({ length: Math.ceil(count / 128) }, (_, part) => hash(part)).join('');
}

const TEXT = Array.from({ length: 20 }, (_, index) => `# ${digits(3_000, `${index}`)}\n`).join('');

test('whoever opens a document gets what is stored and what happened since', () => {
  const document = written(TEXT);
  storedAndLoaded(document);
  const stored = savedOf(document.living);
  const elsewhere = written(TEXT);
  const happened: Uint8Array[] = [];
  const happens = (text: string) => {
    const edits = [{ type: 'insertText', at: 5, text } as const];
    const events = structuredClone(elsewhere.do({ type: 'EditDocument', edits }));
    for (const event of events) document.happens(event);
    happened.push(...changesIn(events).flatMap(({ changes }) => changes));
  };
  happens('!');
  const opened = savedOf(document.living);
  assert.ok(Buffer.concat([stored, ...happened]).equals(opened));
  assert.equal(textOf(opened), elsewhere.markdown);
  happens(digits(50_000, 'much'));
  // So much is smaller when it is folded.
  const folded = savedOf(document.living);
  assert.ok(folded.length < Buffer.concat([stored, ...happened]).length);
  assert.equal(textOf(folded), elsewhere.markdown);
  assert.equal(document.markdown, elsewhere.markdown);
});

test('a document that was stored is written in, undone and stored again like any other', () => {
  const document = written('Hello');
  storedAndLoaded(document);
  document.edit({ type: 'insertText', at: 5, text: ' world' });
  storedAndLoaded(document);
  type(document, 'Oh, ');
  assert.equal(document.markdown, 'Oh, Hello world');
  storedAndLoaded(document);
  document.do({ type: 'UndoGroup', scope: 'document' });
  storedAndLoaded(document);
  document.do({ type: 'UndoGroup', scope: 'document' });
  assert.equal(document.markdown, 'Hello');
  document.do({ type: 'RedoGroup', scope: 'mine' });
  assert.equal(textOf(savedOf(document.living)), 'Hello world');
});

const isCut = (state: DocumentState) => 'content' in state && state.cuts.length > 0;

test('a section that had grown when the document was stored is cut before typing ends', () => {
  const document = written('x\n');
  for (let more = 0; more < 4; more++) type(document, 'A line of some words.\n'.repeat(450));
  assert.equal(document.texts.length, 1);
  const { state } = document;
  for (const forget of [false, true]) {
    document.state = state;
    // Snapshots were taken without it.
    storedAndLoaded(document, (stored) => forget && delete stored.longest);
    document.do({ type: 'CutGrownSections' });
    assert.ok(isCut(document.state));
  }
});

test('what was typed since counts for a section’s length, and until then nothing is loaded', () => {
  const elsewhere = written(TEXT);
  for (const seed of ['one', 'two', 'three']) type(elsewhere, digits(9_400, seed));
  const document = new WrittenDocument();
  for (const event of structuredClone(elsewhere.events)) document.happens(event);
  storedAndLoaded(document);
  const stored = savedOf(document.living);
  const happens = (text: string) => {
    type(elsewhere, text);
    document.happens(structuredClone(elsewhere.events).at(-1)!);
  };
  happens('word');
  assert.deepEqual(document.decide({ type: 'CutGrownSections' }), []);
  assert.ok(Buffer.from(savedOf(document.living)).subarray(0, stored.length).equals(stored));
  happens('word '.repeat(200));
  document.do({ type: 'CutGrownSections' });
  assert.ok(isCut(document.state));
});

test('a document in which others type much is loaded, so that their changes do not pile up', () => {
  const document = written(TEXT);
  storedAndLoaded(document);
  const elsewhere = written(TEXT);
  for (const seed of ['one', 'two']) {
    type(elsewhere, digits(12_000, seed));
    document.happens(structuredClone(elsewhere.events).at(-1)!);
  }
  document.do({ type: 'CutGrownSections' });
  assert.ok(isCut(document.state));
});
