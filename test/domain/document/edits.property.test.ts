import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { documentAggregate } from '#domain/document/document.ts';
import type { Edit } from '#domain/document/edits.ts';
import { GROWN_SECTION } from '#domain/document/limits.ts';
import { settled } from '#domain/document/live-content.ts';
import { baseOf, contentOf, lengthOf, markdownOf } from '#domain/document/reading.ts';
import { WrittenDocument, bob, changesIn, replayed, written } from '#test/support/document.ts';
import { encodeBody } from '#domain/body.ts';

// Against a plain string: offsets without a section are offsets of the whole Markdown.

const text = fc
  .array(fc.constantFrom('a', 'b', ' ', '\n', '😀', '\n# ', '\n\n'), {
    minLength: 1,
    maxLength: 12,
  })
  .map((parts) => parts.join(''));
/** Where in the text, as a share of it: the text is not known when the edit is made up. */
const share = fc.double({ min: 0, max: 1, noNaN: true });
const anEdit = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), share, text }),
  fc.record({
    kind: fc.constant('delete' as const),
    share,
    count: fc.integer({ min: 1, max: 40 }),
  }),
  fc.record({ kind: fc.constant('split' as const), share }),
  fc.record({
    kind: fc.constant('paste' as const),
    share,
    length: fc.integer({ min: 7_000, max: 20_000 }),
  }),
);
type Wish = typeof anEdit extends fc.Arbitrary<infer T> ? T : never;

const boundary = (text: string, at: number) =>
  at > 0 && text.codePointAt(at - 1)! > 0xffff ? at - 1 : at;

function grant(
  document: WrittenDocument,
  model: string,
  wish: Wish,
): { edit: Edit; after: string } {
  const at = boundary(model, Math.floor(wish.share * model.length));
  const inserted = (text: string) => ({
    edit: { type: 'insertText', at, text } as const,
    after: model.slice(0, at) + text + model.slice(at),
  });
  switch (wish.kind) {
    case 'insert':
      return inserted(wish.text);
    case 'paste':
      return inserted('Some words.\n\n'.repeat(wish.length / 13));
    case 'delete': {
      const end = boundary(model, Math.min(model.length, at + wish.count));
      if (end <= at) return inserted('x');
      const after = model.slice(0, at) + model.slice(end);
      return { edit: { type: 'deleteText', at, count: end - at }, after };
    }
    case 'split': {
      const section = settled(document.living.content).sections.find(({ present }) => present)!;
      const place = boundary(model, Math.min(at, section.length));
      return { edit: { type: 'splitSection', section: section.id, at: place }, after: model };
    }
  }
}

test('edits do to the sections what they would do to one string', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(anEdit, { minLength: 1, maxLength: 5 }), { maxLength: 6 }),
      (requests) => {
        const document = written('# One\ntext\n# Two\n');
        let model = document.markdown;
        for (const wishes of requests) {
          const edits: Edit[] = [];
          for (const wish of wishes) {
            // Its offsets are those of the section when the request began.
            if (wish.kind === 'split' && edits.length > 0) continue;
            const { edit, after } = grant(document, model, wish);
            edits.push(edit);
            model = after;
          }
          const before = contentOf(document.living);
          const command = { type: 'EditDocument', edits } as const;
          const once = document.decide(command);
          assert.deepEqual(contentOf(document.living), before, 'deciding changes nothing');
          assert.equal(once.length === 0, document.edit(...edits).length === 0);
          assert.equal(document.markdown, model);
          assert.equal(lengthOf(document.living), model.length);
          assert.ok(document.texts.every(({ length }) => length <= GROWN_SECTION));
        }
        const state = replayed(document.events);
        assert.deepEqual(contentOf(state), contentOf(document.living), 'replay = live');
        const { encode, decode } = documentAggregate.snapshot!;
        const restored = decode(encode(document.state));
        assert.ok('content' in restored);
        assert.equal(markdownOf(restored), model, 'snapshot = live');
        const { content: _, ...rest } = restored;
        const { content: __, ...live } = document.living;
        assert.deepEqual(rest, live);
        assert.deepEqual(baseOf(restored, 1), baseOf(document.living, 1));
      },
    ),
    { numRuns: 25 },
  );
});

test('deciding the same command twice gives the same bytes', () => {
  fc.assert(
    fc.property(fc.array(anEdit, { minLength: 1, maxLength: 4 }), (wishes) => {
      const [one, other] = [written('text\n'), written('text\n')];
      for (const wish of wishes) {
        const { edit } = grant(one, one.markdown, wish);
        const command = { type: 'EditDocument', edits: [edit] } as const;
        assert.deepEqual(one.do(command), other.do(command));
      }
    }),
    { numRuns: 20 },
  );
});

test('a decision that another event overtook is folded on top of it', () => {
  const document = written('text\n');
  const command = (text: string, at: number) =>
    ({ type: 'EditDocument', edits: [{ type: 'insertText', at, text }] }) as const;
  const overtaken = document.decide(command('late ', 0), bob);
  document.do(command('first', 5));
  const state = documentAggregate.decider.evolve(document.state, overtaken[0]!, 3);
  assert.ok('content' in state);
  assert.equal(markdownOf(state), 'late text\nfirst');
});

test('a large outcome is several events that an append can take, and one text', () => {
  const document = new WrittenDocument();
  const markdown = '世界 and some words.\n\n'.repeat(30_000);
  const events = document.do({ type: 'CreateDocument', title: 'Large', markdown });
  const changes = changesIn(events);
  assert.ok(changes.length > 1);
  for (const event of events) assert.ok(encodeBody(event.data).length < 500_000);
  assert.equal(document.markdown, markdown);
  assert.equal(new Set(changes.map(({ group }) => group)).size, 1);
  assert.equal(
    changes.reduce((sum, { size }) => sum + size.inserted, 0),
    markdown.length,
  );
});
