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

type Section = { readonly id: string; readonly text: string };
const sectionsOf = ({ json }: Answer) => json['sections'] as readonly Section[];
const itemsOf = ({ json }: Answer) => json['items'] as readonly Record<string, unknown>[];
const markdown = { accept: 'text/markdown' };

journey('what people do with documents', async (t, journey) => {
  await t.test('one is written, edited, looked back at and restored', (t) => written(t, journey));
  await t.test('those it is shared with see and find it', () => shared(journey));
});

async function written(t: TestContext, journey: Journey) {
  const owner = await ownerOf(journey, 'acme');
  const start = '# One\n\nfirst words\n\n# Two\n\nsecond words\n';
  const made = await owner.post('/v1/documents', { title: 'Draft', markdown: start });
  assert.equal(made.status, 201, made.text);
  const url = made.headers.get('location') ?? '';
  const [one, two] = sectionsOf(made);
  assert.ok(one && two);

  /** Sends these edits, and answers the Markdown that is there then. */
  const edited = async (edits: readonly object[], more: object = {}, headers = {}) => {
    const written = await owner.post(`${url}/edits`, { edits, ...more }, headers);
    assert.equal(written.status, 200, written.text);
    return (await owner.get(url, markdown)).text;
  };

  await t.test('each of the eight edits does what it says', async () => {
    const at = 'revision:1';
    assert.equal((await owner.get(`${url}?at=${at}`, markdown)).text, start);
    let text = await edited([{ type: 'insertText', section: one.id, at: 7, text: 'the ' }]);
    assert.equal(text, start.replace('first', 'the first'));
    text = await edited([{ type: 'deleteText', at: 7, count: 4 }]);
    assert.equal(text, start);
    text = await edited([{ type: 'replaceText', find: 'second', with: 'other 😀' }]);
    assert.equal(text, start.replace('second', 'other 😀'));
    text = await edited([{ type: 'insertSection', after: one.id, text: '# Between\n' }]);
    assert.match(text, /^# One[^]*# Between\n# Two/);
    text = await edited([{ type: 'moveSection', section: two.id, after: null }]);
    assert.match(text, /^# Two[^]*# One[^]*# Between\n$/);
    await edited([{ type: 'splitSection', section: two.id, at: 7 }]);
    const split = sectionsOf(await owner.get(url));
    assert.deepEqual(
      [split[0]?.text, split[1]?.text, split.length],
      ['# Two\n\n', 'other 😀 words\n', 4],
    );
    const between = split.at(-1)?.id;
    text = await edited([{ type: 'deleteSection', section: between }]);
    assert.match(text, /^# Two[^]*# One\n\nfirst words\n\n$/);
    await edited([{ type: 'setTitle', title: 'Final' }]);
    assert.equal((await owner.get(url)).json['title'], 'Final');
  });

  await t.test(
    'who insists on an old revision is refused, who builds on one is merged',
    async () => {
      const seen = await owner.get(url);
      const etag = seen.headers.get('etag') ?? '';
      const insert = (text: string) => [{ type: 'insertText', at: 0, text }];
      assert.match(await edited(insert('A'), {}, { 'if-match': etag }), /^A# Two/);
      const late = { edits: insert('B') };
      const refused = await owner.post(`${url}/edits`, late, { 'if-match': etag });
      assert.deepEqual([refused.status, refused.json['status']], [412, 412]);
      const baseRevision = Number(seen.json['revision']);
      const tail = [{ type: 'replaceText', find: 'first', with: 'foremost' }];
      assert.match(await edited(tail, { baseRevision }), /^A# Two[^]*foremost words/);
      const both = { edits: tail, baseRevision };
      const confused = await owner.post(`${url}/edits`, both, { 'if-match': etag });
      assert.deepEqual(
        [confused.status, confused.json['code']],
        [400, 'request/two-preconditions'],
      );
    },
  );

  await t.test('it has a name, a folder and an archive', async () => {
    const renamed = await owner.patch(url, { title: 'Renamed', folder: 'Papers' });
    assert.equal(renamed.status, 200, renamed.text);
    const listed = await owner.get('/v1/documents?folder=Papers', after(renamed));
    assert.deepEqual(
      itemsOf(listed).map(({ title }) => title),
      ['Renamed'],
    );
    const archived = await owner.post(`${url}/archive`);
    assert.equal(archived.status, 200, archived.text);
    const edits = [{ type: 'insertText', at: 0, text: 'x' }];
    const refused = await owner.post(`${url}/edits`, { edits });
    assert.deepEqual([refused.status, refused.json['code']], [409, 'document/archived']);
    assert.deepEqual(itemsOf(await owner.get('/v1/documents', after(archived))), []);
    const away = await owner.get('/v1/documents?archived=true', after(archived));
    assert.equal(itemsOf(away).length, 1);
    assert.equal((await owner.post(`${url}/unarchive`)).status, 200);
    assert.match(await edited(edits), /^xA/);
  });

  await t.test('a version is named, compared with and restored', async () => {
    const named = await owner.post(`${url}/versions`, { name: 'first', revision: 1 });
    assert.equal(named.status, 201, named.text);
    const { headers, json: then } = await owner.get(`${url}?at=version:first`);
    assert.equal(then['revision'], 1);
    const again = await owner.get(`${url}?at=version:first`, {
      'if-none-match': headers.get('etag') ?? '',
    });
    assert.deepEqual([again.status, again.text], [304, '']);
    const byTime = await owner.get(`${url}?at=time:${String(then['recordedAt'])}`, markdown);
    assert.equal(byTime.text, start);

    const diff = await owner.get(`${url}/diff?from=version:first`);
    assert.equal(diff.status, 200, diff.text);
    assert.deepEqual(diff.json['title'], { from: 'Draft', to: 'Renamed' });
    type Part = { readonly kind: string; readonly text: string };
    const changes = sectionsOf(diff) as unknown as {
      readonly id: string;
      readonly parts: readonly Part[];
    }[];
    const words = (id: string) =>
      changes
        .find((section) => section.id === id)
        ?.parts.filter(({ kind }) => kind !== 'same')
        .map(({ kind, text }) => `${kind} ${text}`);
    assert.deepEqual(words(one.id), ['deleted first', 'inserted foremost']);
    const known = await owner.get(`${url}/diff?from=version:first`, {
      'if-none-match': diff.headers.get('etag') ?? '',
    });
    assert.equal(known.status, 304);
    const none = await owner.get(`${url}/diff?from=revision:1&to=version:first`);
    assert.deepEqual(sectionsOf(none), []);
    const unknown = await owner.get(`${url}/diff?from=version:never`);
    assert.deepEqual([unknown.status, unknown.json['code']], [404, 'version/not-found']);

    const restored = await owner.post(`${url}/restore`, { at: 'version:first' });
    assert.equal(restored.status, 200, restored.text);
    assert.equal((await owner.get(url, markdown)).text, start);
    const timeline = await owner.get(`${url}/timeline`, after(restored));
    const [last] = itemsOf(timeline);
    assert.deepEqual(
      [last?.['origin'], last?.['revision']],
      ['restore', restored.json['revision']],
    );
  });
}

async function shared(journey: Journey) {
  const owner = await ownerOf(journey, 'nimbus');
  const ada = await memberOf(journey, owner, 'Ada', 'author');
  const bob = await memberOf(journey, owner, 'Bob', 'author');
  const cleo = await memberOf(journey, owner, 'Cleo', 'viewer');
  const group = await owner.post('/v1/groups', { name: 'Readers' });
  const groupId = String(group.json['id']);
  const joined = await owner.put(`/v1/groups/${groupId}/members/${cleo.id}`);
  assert.equal(joined.status, 200, joined.text);
  await owner.get('/v1/groups', after(joined));
  const made = await ada.post('/v1/documents', { title: 'Secret', markdown: 'a palimpsest\n' });
  const url = made.headers.get('location') ?? '';
  const edits = [{ type: 'insertText', at: 0, text: 'x' }];
  /** What each may do: read, edit, manage. */
  const may = async (one: typeof bob) =>
    [
      (await one.get(url)).status,
      (await one.post(`${url}/edits`, { edits })).status,
      (await one.post(`${url}/archive`)).status,
    ].join(' ');
  const shareWith = async (access: object) => {
    const written = await ada.put(`${url}/access`, { members: {}, groups: {}, ...access });
    assert.equal(written.status, 200, written.text);
    return written;
  };

  assert.deepEqual([await may(bob), await may(cleo)], ['404 404 404', '404 404 404']);
  let last = await shareWith({ members: { [ada.id]: 'owner', [bob.id]: 'editor' } });
  assert.deepEqual([await may(bob), await may(cleo)], ['200 200 403', '404 404 404']);
  const found = await bob.get('/v1/documents?q=palimpsest', after(last));
  assert.deepEqual(
    itemsOf(found).map(({ title }) => title),
    ['Secret'],
  );
  assert.deepEqual(itemsOf(await cleo.get('/v1/documents?q=palimpsest', after(last))), []);

  last = await shareWith({ members: { [ada.id]: 'owner' }, groups: { [groupId]: 'viewer' } });
  assert.deepEqual([await may(bob), await may(cleo)], ['404 404 404', '200 403 403']);
  assert.equal(itemsOf(await cleo.get('/v1/documents?q=palimpsest', after(last))).length, 1);
  await shareWith({ members: { [ada.id]: 'owner' }, everyone: 'viewer' });
  assert.deepEqual([await may(bob), await may(cleo)], ['200 403 403', '200 403 403']);

  for (let n = 0; n < 5; n++) last = await ada.post('/v1/documents', { title: `Paper ${n}` });
  const titles: string[] = [];
  let next = '';
  do {
    const page = await ada.get(`/v1/documents?limit=2${next}`, after(last));
    assert.equal(page.status, 200, page.text);
    titles.push(...itemsOf(page).map(({ title }) => String(title)));
    next = typeof page.json['next'] === 'string' ? `&cursor=${page.json['next']}` : '';
  } while (next !== '');
  const papers = [0, 1, 2, 3, 4].map((n) => `Paper ${n}`);
  assert.deepEqual(new Set(titles), new Set([...papers, 'Secret']));
  assert.equal(titles.length, 6, 'none twice');

  const umbra = await ownerOf(journey, 'umbra');
  assert.equal((await umbra.get(url)).status, 404);
  assert.deepEqual(itemsOf(await umbra.get('/v1/documents?q=palimpsest', after(last))), []);
}
