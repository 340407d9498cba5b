import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hunksOf, withHunks } from '#domain/document/anchor/hunks.ts';
import { anchorIn } from '#domain/document/anchor/make-anchor.ts';
import type { TakeSuggestion } from '#domain/document/commands.ts';
import type { TakenChoice } from '#domain/document/events.ts';
import { type SuggestionId, derivedUuid } from '#domain/ids.ts';
import { Rejected, type RejectionCode } from '#domain/rejected.ts';
import { type WrittenDocument, bob, changesIn, written } from '#test/support/document.ts';
import { principal } from '#test/support/given.ts';
import { type Random, seededRandom } from '#test/support/random.ts';

const suggestion = derivedUuid('test', 'suggestion') as SuggestionId;

/** To replace the first `words` of the document. */
function suggested(document: WrittenDocument, words: string, replacement: string) {
  const range = { at: document.markdown.indexOf(words), count: words.length };
  const anchored = anchorIn(document.living, document.revision, range);
  return (choice: TakenChoice = {}): TakeSuggestion => ({
    type: 'TakeSuggestion',
    suggestion,
    ...anchored,
    replacement,
    origin: 'ai:7',
    choice,
  });
}

const isRejected = (code: RejectionCode) => (error: unknown) =>
  error instanceof Rejected && error.code === code;

const START = 'We meet on Monday at noon.';

test('what is taken is one edit of the suggestion’s origin, a group of its own, and says whose', () => {
  const document = written(START);
  const take = suggested(document, 'Monday at noon', 'Tuesday at nine');
  const events = document.do(take(), bob);
  assert.equal(document.markdown, 'We meet on Tuesday at nine.');
  const [change] = changesIn(events);
  assert.equal(events.length, 1);
  assert.deepEqual(
    [change?.origin, change?.suggestion, change?.author, change?.size],
    ['ai:7', { suggestion }, bob.member, { inserted: 11, deleted: 10 }],
  );
  document.do({ type: 'UndoGroup', scope: 'mine' }, bob);
  assert.equal(document.markdown, START);
});

test('parts are taken one by one, or a text of one’s own instead', () => {
  for (const [choice, expected] of [
    [{ parts: [0] }, 'We meet on Tuesday at noon.'],
    [{ parts: [1] }, 'We meet on Monday at nine.'],
    [{ parts: [] }, START],
    [{ text: 'some day' }, 'We meet on some day.'],
    [{ text: '' }, 'We meet on .'],
  ] as const) {
    const document = written(START);
    const take = suggested(document, 'Monday at noon', 'Tuesday at nine');
    document.do(take(choice as TakenChoice));
    assert.equal(document.markdown, expected);
  }
  const document = written(START);
  const take = suggested(document, 'Monday', 'Tuesday');
  assert.throws(() => document.do(take({ parts: [1] })), isRejected('suggestion/no-such-part'));
});

test('what others wrote meanwhile stays, in the words and in between', () => {
  const document = written(START);
  const take = suggested(document, 'Monday at noon', 'Tuesday at nine sharp');
  document.edit({ type: 'replaceText', find: ' at', with: ', not on Sunday, at' });
  document.edit({ type: 'replaceText', find: 'noon', with: 'noons' });
  document.edit({ type: 'splitSection', section: document.section(0), at: 14 });
  document.do(take());
  assert.equal(document.markdown, 'We meet on Tuesday, not on Sunday, at nine sharps.');
});

test('a word that is gone is not replaced, the other parts still can be', () => {
  const document = written(START);
  const take = suggested(document, 'Monday at noon', 'Tuesday at nine');
  document.edit({ type: 'replaceText', find: 'noon', with: 'six' });
  assert.throws(() => document.decide(take()), isRejected('suggestion/text-gone'));
  document.do(take({ parts: [0] }));
  assert.equal(document.markdown, 'We meet on Tuesday at six.');
});

test('of a word that others changed no half is replaced', () => {
  const document = written(START);
  const take = suggested(document, 'Monday at noon', 'Tuesday at nine');
  document.edit({ type: 'replaceText', find: 'noon', with: 'nine' });
  assert.throws(() => document.decide(take()), isRejected('suggestion/text-gone'));
});

test('what was to be deleted and is gone already is no reason to refuse', () => {
  const document = written(START);
  const take = suggested(document, 'meet on Monday', 'meet');
  document.edit({ type: 'replaceText', find: ' on Monday', with: '' });
  assert.deepEqual(document.decide(take()), []);
});

test('a text that is gone is not replaced; once its deletion is undone it is', () => {
  const document = written(START);
  const take = suggested(document, 'Monday', 'Tuesday');
  document.edit({ type: 'deleteText', at: 9, count: 10 });
  assert.throws(() => document.decide(take()), isRejected('suggestion/text-gone'));
  document.do({ type: 'UndoGroup', scope: 'mine' });
  document.do(take());
  assert.equal(document.markdown, 'We meet on Tuesday at noon.');
});

test('only who may edit takes a suggestion, and not into an archived document', () => {
  const document = written(START);
  const take = suggested(document, 'Monday', 'Tuesday');
  const access = { members: {}, groups: {}, everyone: 'commenter' } as const;
  document.do({ type: 'ChangeAccess', access });
  const cleo = principal('cleo', 'author');
  assert.throws(() => document.decide(take(), cleo), isRejected('right/missing'));
  document.do({ type: 'ArchiveDocument' }, bob);
  assert.throws(() => document.decide(take(), bob), isRejected('document/archived'));
});

const WORDS = ['one', 'two', 'three', 'four', '😀', '漢字', '\n', '# Head\n', '.', ' '];
const someText = (random: Random, most: number) =>
  Array.from({ length: 1 + random.below(most) }, () => WORDS[random.below(WORDS.length)]).join(' ');

test('whatever is suggested instead of whatever text, taking all of it gives just that', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = seededRandom(seed);
    const [before, quoted, after] = [
      someText(random, 5),
      someText(random, 12),
      someText(random, 5),
    ];
    const replacement = random.below(9) === 0 ? '' : someText(random, 12);
    const hunks = hunksOf(quoted, replacement);
    assert.equal(withHunks(quoted, hunks), replacement);
    const document = written(before + quoted + after);
    const range = { at: before.length, count: quoted.length };
    const { anchor } = anchorIn(document.living, document.revision, range);
    const take = { ...suggested(document, '', '')(), anchor, quoted, replacement };
    if (random.below(2) === 0) document.do(take);
    // Or the parts one after the other, in any order, each a suggestion of its own.
    else {
      const order = hunks.map((_, index) => index).toSorted(() => random.next() - 0.5);
      for (const part of order) document.do({ ...take, choice: { parts: [part] } });
    }
    assert.equal(document.markdown, before + replacement + after, `seed ${seed}`);
  }
});

test('whatever others did meanwhile, none of their text is lost by taking a suggestion', () => {
  let taken = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const random = seededRandom(seed);
    const quoted = someText(random, 12);
    const document = written(`<<${quoted}>>`);
    const { anchor } = anchorIn(document.living, document.revision, {
      at: 2,
      count: quoted.length,
    });
    const typed: string[] = [];
    for (let step = 0; step < 6; step++) {
      const { markdown } = document;
      const at = random.below(markdown.length);
      const word = `[${step}]`;
      try {
        if (random.below(3) > 0) {
          document.edit({ type: 'insertText', at, text: word });
          typed.push(word);
        } else if (random.below(2) === 0 && !/[<>[\]\d]/.test(markdown.slice(at, at + 3))) {
          document.edit({ type: 'deleteText', at, count: 3 });
        } else document.edit({ type: 'splitSection', section: document.section(0), at });
      } catch (error) {
        assert.ok(error instanceof Rejected, String(error));
      }
    }
    const whole = typed.filter((word) => document.markdown.includes(word));
    const take = {
      ...suggested(document, '', '')(),
      anchor,
      quoted,
      replacement: someText(random, 9),
    };
    try {
      document.do(take);
      taken++;
    } catch (error) {
      assert.ok(isRejected('suggestion/text-gone')(error), String(error));
    }
    for (const word of whole) assert.ok(document.markdown.includes(word), `${word}, seed ${seed}`);
    assert.match(document.markdown, /<.*<.*>.*>/s);
  }
  assert.ok(taken > 50, `${taken} were taken`);
});
