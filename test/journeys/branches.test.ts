import assert from 'node:assert/strict';
import {
  type Answer,
  type Journey,
  after,
  journey,
  memberOf,
  ownerOf,
} from '#test/support/journey.ts';

const markdown = { accept: 'text/markdown' };
const itemsOf = ({ json }: Answer) => json['items'] as readonly Record<string, unknown>[];
type Run = { readonly text: string; readonly author: string; readonly origin: string };
const runsOf = ({ json }: Answer) =>
  (json['sections'] as readonly { readonly runs: readonly Run[] }[]).flatMap(({ runs }) => runs);

journey('what people do with branches', async (t, journey) => {
  await t.test('one is begun, both sides are written in, and it is merged twice', () =>
    merged(journey),
  );
  await t.test('who may not, may not', () => refused(journey));
});

async function merged(journey: Journey) {
  const owner = await ownerOf(journey, 'acme');
  const ada = await memberOf(journey, owner, 'Ada', 'editor');
  const bob = await memberOf(journey, owner, 'Bob', 'editor');
  const start = '# One\n\nfirst words\n\n# Two\n\nsecond words\n';
  const made = await ada.post('/v1/documents', { title: 'Plan', markdown: start });
  const url = made.headers.get('location') ?? '';
  const edited = async (who: typeof ada, at: string, find: string, text: string) => {
    const edits = [{ type: 'replaceText', find, with: text }];
    const written = await who.post(`${at}/edits`, { edits });
    assert.equal(written.status, 200, written.text);
    return written;
  };
  await edited(bob, url, 'first words', 'the first words');

  const key = { 'idempotency-key': 'branch-1' };
  const begun = await bob.post(`${url}/branches`, { title: 'Plan, shorter' }, key);
  assert.equal(begun.status, 201, begun.text);
  const branch = begun.headers.get('location') ?? '';
  assert.equal(branch, `/v1/documents/${String(begun.json['id'])}`);
  const again = await bob.post(`${url}/branches`, { title: 'Plan, shorter' }, key);
  assert.deepEqual(again.json, begun.json);
  const listed = itemsOf(await ada.get(`${url}/branches`, after(begun)));
  assert.deepEqual(
    listed.map(({ id, title, branchOf }) => ({ id, title, branchOf })),
    [
      {
        id: begun.json['id'],
        title: 'Plan, shorter',
        branchOf: { document: made.json['id'], revision: 2 },
      },
    ],
  );
  assert.equal((await ada.get(branch, markdown)).text, (await ada.get(url, markdown)).text);
  assert.deepEqual(
    runsOf(await ada.get(`${branch}/blame`)).map(({ text, author }) => [text, author]),
    [
      ['# One\n\n', ada.id],
      ['the ', bob.id],
      ['first words\n\n', ada.id],
      ['# Two\n\nsecond words\n', ada.id],
    ],
  );
  const found = itemsOf(await ada.get('/v1/documents?q=shorter', after(begun)));
  assert.deepEqual(
    found.map(({ id }) => id),
    [begun.json['id']],
  );
  const within = itemsOf(await ada.get('/v1/documents?q="second words"', after(begun)));
  assert.equal(within.length, 2, 'the text of a branch is found as well');

  await edited(bob, branch, 'second', 'other');
  await edited(ada, url, 'second', 'last');
  await edited(bob, branch, 'first', 'initial');
  const mergeUrl = `${url}/branches/${String(begun.json['id'])}/merge`;
  const first = await ada.post(mergeUrl, {}, { 'idempotency-key': 'merge-1' });
  assert.equal(first.status, 200, first.text);
  const overlaps = first.json['overlaps'] as readonly Record<string, unknown>[];
  assert.deepEqual(
    overlaps.map(({ kind, base, document, branch }) => [kind, base, document, branch]),
    [['text', 'second', 'last', 'other']],
  );
  const repeated = await ada.post(mergeUrl, {}, { 'idempotency-key': 'merge-1' });
  assert.deepEqual(repeated.json, first.json);
  const text = (await ada.get(url, markdown)).text;
  assert.match(text, /^# One\n\nthe initial words\n\n# Two\n\n(lastother|otherlast) words\n$/);
  assert.equal((await ada.post(`${url}/undo`, {})).status, 200);
  const undone = (await ada.get(url, markdown)).text;
  assert.equal(undone, start.replace('first', 'the first').replace('second', 'last'));
  assert.equal((await ada.post(`${url}/redo`, {})).status, 200);
  assert.equal((await ada.get(url, markdown)).text, text, 'the whole merge came and went');
  const blame = runsOf(await ada.get(`${url}/blame`));
  assert.equal(blame.map((run) => run.text).join(''), text);
  const byBob = blame.filter(({ author }) => author === bob.id).map((run) => run.text);
  assert.deepEqual(new Set(byBob), new Set(['the ', 'initial', 'other']));
  const steps = itemsOf(await ada.get(`${url}/timeline`, after(first)));
  const step = steps.find(({ revision }) => revision === first.json['revision']);
  assert.deepEqual([step?.['origin'], step?.['actor']], ['merge', ada.id]);
  const shown = itemsOf(await ada.get('/v1/documents?q=initial', after(first)));
  assert.equal(shown.length, 2, 'the views have what was merged');

  const nothing = await ada.post(mergeUrl);
  assert.deepEqual([nothing.status, nothing.json['overlaps']], [200, []]);
  await edited(bob, branch, '# Two', '# Second');
  const second = await ada.post(mergeUrl);
  assert.deepEqual([second.status, second.json['overlaps']], [200, []]);
  assert.equal((await ada.get(url, markdown)).text, text.replace('# Two', '# Second'));
  const at = `at=revision:${String(first.json['revision'])}`;
  assert.equal((await ada.get(`${url}?${at}`, markdown)).text, text);
  assert.equal(runsOf(await ada.get(`${url}/blame?${at}`)).length, blame.length);

  const early = await ada.post(`${url}/branches`, { at: 'revision:1' });
  assert.equal((await ada.get(early.headers.get('location') ?? '', markdown)).text, start);
}

async function refused(journey: Journey) {
  const owner = await ownerOf(journey, 'nimbus');
  const ada = await memberOf(journey, owner, 'Ada', 'author');
  const bob = await memberOf(journey, owner, 'Bob', 'author');
  const made = await ada.post('/v1/documents', { title: 'Secret', markdown: 'a secret\n' });
  const url = made.headers.get('location') ?? '';
  const begun = await ada.post(`${url}/branches`, {});
  const id = String(begun.json['id']);
  const merge = `${url}/branches/${id}/merge`;
  const code = ({ status, json }: Answer) => `${status} ${String(json['code'])}`;
  const unseen = '404 document/not-found';
  assert.equal(code(await bob.post(`${url}/branches`, {})), unseen);
  assert.equal(code(await bob.get(`${url}/branches`)), unseen);
  assert.equal(code(await bob.get(`${url}/blame`)), unseen);
  assert.equal(code(await bob.post(merge)), unseen);

  const members = { [ada.id]: 'owner', [bob.id]: 'viewer' };
  const shared = await ada.put(`${url}/access`, { members, groups: {} });
  assert.equal(shared.status, 200, shared.text);
  assert.equal(code(await bob.post(`${url}/branches`, {})), '403 right/missing');
  assert.deepEqual(itemsOf(await bob.get(`${url}/branches`, after(shared))), []);
  assert.equal(itemsOf(await ada.get(`${url}/branches`, after(shared))).length, 1);

  const other = await ada.post('/v1/documents', { title: 'Other', markdown: 'another\n' });
  const otherUrl = other.headers.get('location') ?? '';
  assert.equal(code(await ada.post(`${otherUrl}/branches/${id}/merge`)), '404 branch/not-found');
  const itself = String(made.json['id']);
  assert.equal(code(await ada.post(`${url}/branches/${itself}/merge`)), '404 branch/not-found');
  const nowhere = { at: 'version:never' };
  assert.equal(code(await ada.post(`${url}/branches`, nowhere)), '404 version/not-found');
  await ada.post(`${begun.headers.get('location')}/edits`, {
    edits: [{ type: 'insertText', at: 0, text: 'not ' }],
  });
  await ada.post(`${url}/archive`);
  assert.equal(code(await ada.post(merge)), '409 document/archived');
}
