import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import {
  type Answer,
  type Journey,
  after,
  journey,
  memberOf,
  ownerOf,
} from '#test/support/journey.ts';

type Range = { readonly section: string; readonly at: number; readonly count: number };
type Shown = {
  readonly id: string;
  readonly author: string;
  readonly quoted: string;
  readonly text: string;
  readonly replies: readonly { readonly author: string; readonly text: string }[];
  readonly origin: string;
  readonly outcome: string;
  readonly takenText: string | null;
  readonly reason: string | null;
  readonly ranges: readonly Range[];
  readonly orphaned: boolean;
};
const itemsOf = ({ json }: Answer) => json['items'] as readonly Shown[];
const codeOf = ({ status, json }: Answer) => [status, json['code']];

const TEXT = '# Plan\n\nWe meet on Monday at noon, and bring the old map.\n';

journey('what people say about documents', async (t, journey) => {
  const owner = await ownerOf(journey, 'acme');
  const ada = await memberOf(journey, owner, 'Ada', 'author');
  const cleo = await memberOf(journey, owner, 'Cleo', 'viewer');
  const vic = await memberOf(journey, owner, 'Vic', 'viewer');
  const people = { ada, cleo, vic };
  await t.test('comments follow their text', async (t) => commented(t, journey, people));
  await t.test('suggestions are taken, edited and rejected', async (t) => suggested(t, people));
});

type Person = Awaited<ReturnType<typeof memberOf>>;
/** An editor, a commenter and a viewer of each document. */
type People = { readonly ada: Person; readonly cleo: Person; readonly vic: Person };

async function sharedDocument({ ada, cleo, vic }: People) {
  const made = await ada.post('/v1/documents', { title: 'Plan', markdown: TEXT });
  assert.equal(made.status, 201, made.text);
  const url = made.headers.get('location') ?? '';
  const members = { [ada.id]: 'owner', [cleo.id]: 'commenter', [vic.id]: 'viewer' };
  assert.equal((await ada.put(`${url}/access`, { members, groups: {} })).status, 200);
  return url;
}

const about = (words: string) => ({ at: TEXT.indexOf(words), count: words.length });

async function commented(t: TestContext, journey: Journey, people: People) {
  const { ada, cleo, vic } = people;
  const url = await sharedDocument(people);
  const comments = `${url}/comments`;
  let last = await cleo.post(comments, { ...about('Monday'), text: 'Is that not a holiday?' });
  assert.equal(last.status, 201, last.text);
  const comment = last.headers.get('location') ?? '';

  /** What the anchored text says now, and the comment. */
  const shown = async (query = '') => {
    const listed = await vic.get(comments + query, after(last));
    assert.equal(listed.status, 200, listed.text);
    const at = `revision:${String(listed.json['documentRevision'])}`;
    const { json } = await vic.get(`${url}?at=${at}`);
    const sections = json['sections'] as readonly { readonly id: string; readonly text: string }[];
    const textIn = ({ section, at, count }: Range) =>
      sections.find(({ id }) => id === section)?.text.slice(at, at + count);
    return itemsOf(listed).map((item) => Object.assign(item, { says: item.ranges.map(textIn) }));
  };

  await t.test('who may only read sees them and says nothing', async () => {
    const [item] = await shown();
    assert.deepEqual(
      [item?.says, item?.quoted, item?.text, item?.author, item?.orphaned],
      [['Monday'], 'Monday', 'Is that not a holiday?', cleo.id, false],
    );
    const refused = await vic.post(comments, { ...about('noon'), text: 'x' });
    assert.deepEqual(codeOf(refused), [403, 'right/missing']);
    for (const deed of ['resolve', 'reopen'])
      assert.equal((await vic.post(`${comment}/${deed}`)).status, 403);
    assert.equal((await vic.remove(comment)).status, 403);
    const stranger = await ownerOf(journey, 'umbra');
    const theirs = await stranger.post(comments, { ...about('noon'), text: 'x' });
    assert.deepEqual(codeOf(theirs), [404, 'document/not-found']);
    assert.equal((await stranger.get(comments)).status, 404);
  });

  await t.test('edits in front of it move it, a split and a deletion part it', async () => {
    const before = await ada.get(url);
    const edits = async (...edits: object[]) => {
      const written = await ada.post(`${url}/edits`, { edits });
      assert.equal(written.status, 200, written.text);
    };
    await edits({ type: 'insertText', at: 0, text: '> draft\n' });
    assert.deepEqual((await shown())[0]?.says, ['Monday']);
    const { id: section } = (before.json['sections'] as { id: string }[])[0]!;
    const at = TEXT.indexOf('day at') + '> draft\n'.length;
    await edits({ type: 'splitSection', section, at });
    assert.deepEqual((await shown())[0]?.says, ['Mon', 'day']);
    await edits({ type: 'replaceText', find: 'Monday', with: '' });
    const [gone] = await shown();
    assert.deepEqual([gone?.orphaned, gone?.says, gone?.quoted], [true, [''], 'Monday']);
    // Offsets of a revision that is long past still mean what they meant then.
    const baseRevision = Number(before.json['revision']);
    const late = { ...about('old map'), baseRevision, text: 'Which one?' };
    last = await cleo.post(comments, late);
    assert.equal(last.status, 201, last.text);
    assert.deepEqual((await shown())[1]?.says, ['old map']);
    const beyond = await cleo.post(comments, { at: 0, count: 5_000, text: 'x' });
    assert.deepEqual(codeOf(beyond), [422, 'edit/out-of-range']);
  });

  await t.test('they are answered, resolved, reopened and removed', async () => {
    last = await ada.post(`${comment}/replies`, { text: 'Not this year.' });
    assert.equal(last.status, 200, last.text);
    const [item] = await shown();
    assert.deepEqual(
      item?.replies.map(({ author, text }) => [author, text]),
      [[ada.id, 'Not this year.']],
    );
    last = await cleo.post(`${comment}/resolve`);
    assert.equal(last.status, 200, last.text);
    assert.deepEqual(
      [(await shown('?resolved=true')).length, (await shown('?resolved=false')).length],
      [1, 1],
    );
    last = await ada.post(`${comment}/reopen`);
    assert.equal((await shown('?resolved=false')).length, 2);
    last = await ada.post(comments, { ...about('Plan'), text: 'Mine.' });
    const adas = last.headers.get('location') ?? '';
    assert.deepEqual(codeOf(await cleo.remove(adas)), [403, 'comment/not-yours']);
    last = await cleo.remove(comment);
    assert.equal(last.status, 200, last.text);
    last = await ada.remove(adas);
    assert.deepEqual(
      (await shown()).map(({ quoted }) => quoted),
      ['old map'],
    );
    const late = await ada.post(`${comment}/replies`, { text: 'x' });
    assert.deepEqual(codeOf(late), [410, 'comment/removed']);
    const elsewhere = await sharedDocument(people);
    const id = adas.split('/').at(-1);
    const wrong = await ada.post(`${elsewhere}/comments/${id}/resolve`);
    assert.deepEqual(codeOf(wrong), [404, 'comment/not-found']);
  });
}

async function suggested(t: TestContext, people: People) {
  const { ada, cleo, vic } = people;
  const url = await sharedDocument(people);
  const all = `${url}/suggestions`;
  const markdown = async () => (await vic.get(url, { accept: 'text/markdown' })).text;
  const suggest = async (words: string, replacement: string) => {
    const { json } = await vic.get(url);
    const text = (json['sections'] as { text: string }[]).map(({ text }) => text).join('');
    const range = { at: text.indexOf(words), count: words.length };
    const made = await cleo.post(all, { ...range, replacement, note: 'Better?' });
    assert.equal(made.status, 201, made.text);
    return made.headers.get('location') ?? '';
  };

  await t.test('one is taken as a whole, by who may edit, and once', async () => {
    const one = await suggest('Monday at noon', 'Tuesday at nine');
    const refused = await vic.post(all, { ...about('old'), replacement: 'new' });
    assert.deepEqual(codeOf(refused), [403, 'right/missing']);
    for (const who of [cleo, vic])
      assert.deepEqual(codeOf(await who.post(`${one}/accept`)), [403, 'right/missing']);
    // Somebody writes in the middle of it meanwhile.
    const edits = [{ type: 'replaceText', find: 'at noon', with: 'exactly at noon' }];
    assert.equal((await ada.post(`${url}/edits`, { edits })).status, 200);
    const taken = await ada.post(`${one}/accept`);
    assert.equal(taken.status, 200, taken.text);
    assert.equal(taken.json['outcome'], 'whole');
    const expected = TEXT.replace('Monday at noon', 'Tuesday exactly at nine');
    assert.equal(await markdown(), expected);
    const again = await ada.post(`${one}/accept`);
    assert.deepEqual([again.status, again.json], [200, taken.json]);
    const otherwise = await ada.post(`${one}/accept`, { parts: [0] });
    assert.deepEqual(codeOf(otherwise), [409, 'suggestion/settled']);
    assert.deepEqual(codeOf(await ada.post(`${one}/reject`)), [409, 'suggestion/settled']);
    assert.equal(await markdown(), expected);
    const timeline = await ada.get(`${url}/timeline`, after(taken));
    assert.equal(itemsOf(timeline)[0]?.origin, 'person');
  });

  await t.test('one is taken in part, one edited, one rejected', async () => {
    const inPart = await suggest('bring the old map', 'fetch the new map');
    const wrong = await ada.post(`${inPart}/accept`, { parts: [7] });
    assert.deepEqual(codeOf(wrong), [422, 'suggestion/no-such-part']);
    const taken = await ada.post(`${inPart}/accept`, { parts: [1] });
    assert.deepEqual([taken.status, taken.json['outcome']], [200, 'part'], taken.text);
    assert.match(await markdown(), /bring the new map/);
    const edited = await suggest('We meet', 'They meet');
    const own = await ada.post(`${edited}/accept`, { text: 'You meet' });
    assert.deepEqual([own.status, own.json['outcome']], [200, 'edited'], own.text);
    assert.match(await markdown(), /You meet on Tuesday/);
    const rejected = await suggest('Plan', 'Scheme');
    assert.deepEqual(codeOf(await vic.post(`${rejected}/reject`)), [403, 'right/missing']);
    const last = await ada.post(`${rejected}/reject`, { reason: 'No.' });
    assert.equal(last.status, 200, last.text);
    assert.deepEqual(codeOf(await ada.post(`${rejected}/accept`)), [409, 'suggestion/settled']);
    const withdrawn = await suggest('Plan', 'Idea');
    const end = await cleo.post(`${withdrawn}/reject`);
    assert.equal(end.status, 200, end.text);
    assert.deepEqual(itemsOf(await vic.get(`${all}?open=true`, after(end))), []);

    const outcomes = await vic.get(`${all}/outcomes`, after(end));
    assert.deepEqual(outcomes.json['items'], [
      { origin: 'person', outcome: 'edited', count: 1 },
      { origin: 'person', outcome: 'part', count: 1 },
      { origin: 'person', outcome: 'rejected', count: 2 },
      { origin: 'person', outcome: 'whole', count: 1 },
    ]);
    const settled = itemsOf(await vic.get(`${all}?open=false`, after(end)));
    assert.deepEqual(
      settled.map(({ outcome, takenText, reason }) => [outcome, takenText, reason]),
      [
        ['whole', 'Tuesday at nine', null],
        ['part', 'bring the new map', null],
        ['edited', 'You meet', null],
        ['rejected', null, 'No.'],
        ['rejected', null, null],
      ],
    );
  });

  await t.test('one whose text is gone is refused, and stays open', async () => {
    const one = await suggest('new map', 'compass');
    const edits = [{ type: 'replaceText', find: 'new map', with: '' }];
    await ada.post(`${url}/edits`, { edits });
    const refused = await ada.post(`${one}/accept`);
    assert.deepEqual(codeOf(refused), [409, 'suggestion/text-gone']);
    const nothing = await cleo.post(all, { at: 0, count: 1, replacement: '#' });
    assert.deepEqual(codeOf(nothing), [422, 'suggestion/changes-nothing']);
    const origin = await cleo.post(all, { at: 0, count: 1, replacement: 'x', origin: 'ai:1' });
    assert.deepEqual(codeOf(origin), [400, 'request/invalid']);
  });
}
