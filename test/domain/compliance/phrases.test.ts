import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filterWith } from '#test/support/filters.ts';

/** What of a text a deny list finds, as it stands in the text. */
async function found(phrases: readonly string[], text: string): Promise<string[]> {
  const filter = await filterWith([
    { detector: 'deny-list', name: 'list', phrases: [...phrases], actions: { prompt: 'redact' } },
  ]);
  const { verdict } = await filter.whole('prompt', text);
  return verdict.findings.map(({ start, end }) => text.slice(start, end));
}

const cases: readonly (readonly [string, readonly string[], string, readonly string[]])[] = [
  ['whatever its case', ['Nightfall'], 'nightfall NIGHTFALL', ['nightfall', 'NIGHTFALL']],
  ['as a word, not inside of one', ['ass'], 'assess the class, ass', ['ass']],
  ['at the edges of words with marks and digits', ['foo'], 'foo\u0301 foo1 _foo foo-1', ['foo']],
  [
    'in full width and styled letters',
    ['nightfall'],
    'ｎｉｇｈｔｆａｌｌ 𝗻𝗶𝗴𝗵𝘁𝗳𝗮𝗹𝗹',
    ['ｎｉｇｈｔｆａｌｌ', '𝗻𝗶𝗴𝗵𝘁𝗳𝗮𝗹𝗹'],
  ],
  [
    'with invisible characters inside',
    ['nightfall'],
    'a night\u200b\u00adfall',
    ['night\u200b\u00adfall'],
  ],
  ['composed and decomposed', ['élan'], 'e\u0301lan élan elan', ['e\u0301lan', 'élan']],
  ['with ß as ss', ['Straße'], 'STRASSE strasse', ['STRASSE', 'strasse']],
  ['with a ligature taken apart', ['file'], 'my ﬁle', ['ﬁle']],
  [
    'over line breaks and runs of spaces',
    ['Project Nightfall'],
    'project \n  nightfall',
    ['project \n  nightfall'],
  ],
  ['with letters of another alphabet', ['nightfall'], 'nіghtfаll', ['nіghtfаll']],
  ['in Cyrillic as itself', ['сеть'], 'сеть ceть', ['сеть', 'ceть']],
  ['not in a word that is all of another alphabet', ['pot', 'cop'], 'рот сор', []],
  ['in Chinese, which has no spaces', ['機密'], '這是機密文件', ['機密']],
  ['in Japanese', ['カタカナ'], 'これはカタカナです', ['カタカナ']],
  ['in Thai, and not inside of a syllable', ['กา'], 'มากาแฟ กา\u0e48', ['กา']],
  ['in Latin between Chinese', ['abc'], '我abc你 我abcd', ['abc']],
  ['beyond the basic plane', ['😀x'], 'so 😀x.', ['😀x']],
  ['one inside of the other', ['foo', 'foo bar'], 'foo bar', ['foo', 'foo bar']],
  ['listed twice in two spellings, once', ['Foo', 'FOO'], 'foo', ['foo']],
  ['with signs at its edges', ['c++', '.net'], 'c++x c++ a.net', ['c++', 'c++', '.net']],
];

for (const [how, phrases, text, expected] of cases) {
  test(`a phrase is found ${how}`, async () => {
    assert.deepEqual(await found(phrases, text), expected);
  });
}

test('one phrase out of ten thousand is found, and its neighbours are not', async () => {
  const phrases = Array.from({ length: 10_000 }, (_, index) => `project number ${index} of ours`);
  const text = 'project number 10000 of ours, project number 77 of ours';
  assert.deepEqual(await found(phrases, text), ['project number 77 of ours']);
});

test('a phrase that is stretched beyond what may be held back is none', async () => {
  const stretched = `night${'\u200b'.repeat(260)}fall`;
  assert.deepEqual(await found(['nightfall'], `${stretched} nightfall`), ['nightfall']);
});
