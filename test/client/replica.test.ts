import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as Automerge from '@automerge/automerge';
import * as fc from 'fast-check';
import { LocalCopy } from '#client/local-copy.ts';
import { Replica } from '#client/replica.ts';

// Only the texts of sections are texts.
const word = (text: string) => new Automerge.ImmutableString(text);
const section = (order: string, text: string) => ({ order: word(order), present: true, text });
const saved = Automerge.save(
  Automerge.from({
    title: word('Plan'),
    sections: { aa: section('a', 'Hello world'), bb: section('b', 'Bye') },
  }),
);
const actors = ['11'.repeat(16), '22'.repeat(16)] as const;
const pair = () => actors.map((actor) => Replica.load(saved, actor)) as [Replica, Replica];

test('what others did is told as splices that lead from the text before to the one after', () => {
  const edit = fc.record({
    section: fc.constantFrom('aa', 'bb'),
    at: fc.nat(20),
    deleted: fc.nat(3),
    inserted: fc.constantFrom('', 'x', 'abc', '🙂', '\n'),
  });
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 8 }), fc.array(edit, { maxLength: 8 }), (hers, his) => {
      const [ada, bob] = pair();
      const lengths = (replica: Replica) =>
        new Map(replica.sections.map(({ id, text }) => [id, text.length]));
      const changes = [hers, his].map((edits, index) => {
        const replica = [ada, bob][index]!;
        for (const { section, at, deleted, inserted } of edits) {
          // The smileys are whole that way.
          const end = lengths(replica).get(section)!;
          const from = at % 2 === 0 ? 0 : end;
          const count = replica.sections.some(({ text }) => text.includes('🙂')) ? 0 : deleted;
          replica.splice(section, from, Math.min(count, end - from), inserted);
        }
        return replica.commit();
      });
      const texts = new Map(ada.sections.map(({ id, text }) => [id, text]));
      const splices = ada.apply(changes[1] === undefined ? [] : [changes[1]]);
      for (const { section, at, deleted, inserted } of splices ?? assert.fail('no splices')) {
        const text = texts.get(section) ?? assert.fail(section);
        texts.set(section, text.slice(0, at) + inserted + text.slice(at + deleted));
      }
      assert.deepEqual(texts, new Map(ada.sections.map(({ id, text }) => [id, text])));
    }),
  );
});

test('sections that come, go or move are to be looked at', () => {
  const [ada] = pair();
  const theirs = Automerge.load<{
    title: Automerge.ImmutableString;
    sections: Record<string, object>;
  }>(saved);
  const moved = Automerge.change(theirs, ({ sections }) => {
    sections['cc'] = section('c', 'New');
  });
  assert.equal(ada.apply(Automerge.getChanges(theirs, moved)), undefined);
  const renamed = Automerge.change(moved, (document) => {
    document.title = word('Better plan');
  });
  assert.deepEqual(ada.apply(Automerge.getChanges(moved, renamed)), []);
  assert.equal(ada.title, 'Better plan');
});

test('a long text becomes changes that a server takes, of one group', async () => {
  const copy = new LocalCopy(undefined);
  const id = Uint8Array.from(Buffer.from(actors[0], 'hex'));
  copy.restore({ revision: 0, saved, actor: { id, token: 'any' }, unsent: [] });
  // Each smiley is two code units, of which no change holds one.
  const long = 'x' + '🙂'.repeat(14_000);
  copy.splice('aa', 5, 6, long);
  copy.splice('aa', 1, 24_999, '');
  copy.commit();
  const { all } = copy.outbox;
  const sizes = all.map(({ change }) => Automerge.decodeChange(change).ops.length);
  assert.ok(Math.max(...sizes) <= 20_000, `at most 20,000 operations: ${sizes.join()}`);
  assert.ok(sizes.length > 2);
  assert.equal(new Set(all.map(({ group }) => Buffer.from(group).toString('hex'))).size, 1);
  const expected = 'Hello' + long;
  const text = copy.replica?.sections[0]?.text;
  assert.ok(text === expected.slice(0, 1) + expected.slice(25_000));
  assert.ok(text.isWellFormed());
  await copy.close();
});

test('what is typed on a device whose clock is wrong is taken all the same', () => {
  const [ada] = pair();
  ada.splice('aa', 0, 0, 'x');
  assert.equal(Automerge.decodeChange(ada.commit()!).time, 0);
});
