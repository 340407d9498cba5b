import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  type Answer,
  type Caller,
  type Journey,
  after,
  journey,
  memberOf,
  ownerOf,
} from '#test/support/journey.ts';

/** One more than undo reaches. */
const MANY = 1_001;

journey('two people undo and redo what they wrote', async (t, journey) => {
  const owner = await ownerOf(journey, 'acme');
  const ada = await memberOf(journey, owner, 'Ada', 'author');
  const bob = await memberOf(journey, owner, 'Bob', 'author');
  const made = await ada.post('/v1/documents', { title: 'Plan', markdown: 'one three\n' });
  const url = made.headers.get('location') ?? '';
  const access = { members: { [ada.id]: 'owner', [bob.id]: 'editor' }, groups: {} };
  assert.equal((await ada.put(`${url}/access`, access)).status, 200);
  const people = talkingOf(url, ada);

  await t.test('undo takes back one’s own and leaves what others wrote since', () =>
    together(people, ada, bob),
  );
  await t.test('it goes on where it was when the server comes back', () =>
    overRestart(journey, people, ada, bob),
  );
  await t.test('whoever may restore reaches everybody’s edits', () =>
    wholeDocument(people, ada, bob),
  );
  await t.test('a repeat changes nothing and answers the same', () => repeated(people, ada));
  await t.test('what cannot be undone is refused with its reason', () => refused(people, ada, bob));
});

/** What is done to one document, and what it says then. */
function talkingOf(url: string, reader: Caller) {
  const text = async () => (await reader.get(url, { accept: 'text/markdown' })).text;
  const done = async (answer: Answer) => {
    assert.equal(answer.status, 200, answer.text);
    return { answer, group: answer.json['group'], text: await text() };
  };
  const timeline = async (last: Answer, limit = 50) => {
    const { json } = await reader.get(`${url}/timeline?limit=${limit}`, after(last));
    return json['items'] as readonly Record<string, unknown>[];
  };
  return {
    url,
    text,
    timeline,
    edit: async (who: Caller, edit: object, group?: string) =>
      await done(await who.post(`${url}/edits`, { edits: [edit], ...(group && { group }) })),
    undo: async (who: Caller, what: object = {}, headers = {}) =>
      await done(await who.post(`${url}/undo`, what, headers)),
    redo: async (who: Caller, what: object = {}) => await done(await who.post(`${url}/redo`, what)),
    refused: async (who: Caller, verb: 'undo' | 'redo', what: object = {}) => {
      const { status, json } = await who.post(`${url}/${verb}`, what);
      return [status, json['code']];
    },
    /** Whether each of these groups is in effect, by what the timeline says of its edits. */
    inEffect: async (last: Answer, groups: readonly unknown[]) => {
      const items = await timeline(last);
      return groups.map((group) => [
        ...new Set(
          items
            .filter((item) => item['group'] === group && item['type'] === 'ChangesApplied')
            .map((item) => item['inEffect']),
        ),
      ]);
    },
  };
}
type Talking = ReturnType<typeof talkingOf>;

const insert = (at: number, text: string) => ({ type: 'insertText', at, text });

async function together(
  { edit, undo, redo, inEffect, timeline }: Talking,
  ada: Caller,
  bob: Caller,
) {
  const [hers, his] = [randomUUID(), randomUUID()];
  await edit(ada, insert(4, 'two'), hers);
  await edit(ada, insert(7, ' '), hers.toUpperCase());
  let last = await edit(bob, insert(5, 'BOB'), his);
  assert.equal(last.text, 'one tBOBwo three\n');
  last = await undo(ada);
  assert.deepEqual([last.text, last.group], ['one BOBthree\n', hers]);
  assert.deepEqual(await inEffect(last.answer, [hers, his]), [[false], [true]]);
  last = await redo(ada);
  assert.deepEqual([last.text, last.group], ['one tBOBwo three\n', hers]);
  assert.deepEqual(await inEffect(last.answer, [hers, his]), [[true], [true]]);
  last = await undo(bob);
  assert.deepEqual([last.text, last.group], ['one two three\n', his]);
  const [undone, redone] = await timeline(last.answer);
  assert.deepEqual(
    [undone?.['type'], undone?.['group'], undone?.['deleted'], undone?.['inEffect']],
    ['ChangesUndone', his, 3, null],
  );
  assert.deepEqual([redone?.['type'], redone?.['group']], ['ChangesRedone', hers]);
}

async function overRestart(journey: Journey, talking: Talking, ada: Caller, bob: Caller) {
  const { edit, undo, redo, text } = talking;
  const retitled = randomUUID();
  await edit(ada, { type: 'setTitle', title: 'Final plan' }, retitled);
  const { group } = await undo(ada);
  assert.equal(group, retitled);
  await journey.restart();
  assert.equal(await text(), 'one two three\n');
  assert.equal((await redo(ada)).group, retitled);
  assert.equal((await ada.get(talking.url)).json['title'], 'Final plan');
  assert.equal((await redo(bob)).text, 'one tBOBwo three\n');
  assert.equal((await undo(bob)).text, 'one two three\n');
  await journey.restart();
  assert.equal((await undo(ada)).group, retitled);
  assert.equal((await undo(ada)).text, 'one three\n');
  assert.equal((await redo(ada)).text, 'one two three\n');
}

async function wholeDocument(talking: Talking, ada: Caller, bob: Caller) {
  const { edit, undo, redo, refused, inEffect } = talking;
  const his = randomUUID();
  await edit(bob, { type: 'replaceText', find: 'three', with: 'drei' }, his);
  assert.deepEqual(await refused(ada, 'undo', { group: his }), [403, 'undo/not-yours']);
  let last = await undo(ada, { scope: 'document' });
  assert.deepEqual([last.text, last.group], ['one two three\n', his]);
  assert.deepEqual(await inEffect(last.answer, [his]), [[false]]);
  // It was not he who undid it.
  assert.deepEqual(await refused(bob, 'redo'), [409, 'undo/nothing-to-redo']);
  last = await redo(ada, { scope: 'document', group: his });
  assert.deepEqual([last.text, last.group], ['one two drei\n', his]);
}

async function repeated({ url, edit, undo, timeline }: Talking, ada: Caller) {
  const [first, second] = [randomUUID(), randomUUID()];
  await edit(ada, insert(0, 'A'), first);
  await edit(ada, insert(0, 'B'), second);
  const key = { 'idempotency-key': randomUUID() };
  const one = await undo(ada, {}, key);
  assert.deepEqual([one.text, one.group], ['Aone two drei\n', second]);
  assert.equal((await undo(ada)).group, first);
  const again = await undo(ada, {}, key);
  assert.deepEqual([again.answer.json, again.text], [one.answer.json, 'one two drei\n']);
  const already = await undo(ada, { group: first });
  assert.equal(already.text, 'one two drei\n');
  assert.equal((await timeline(already.answer))[0]?.['group'], first);
  const reused = await ada.post(`${url}/undo`, { group: first }, key);
  assert.deepEqual([reused.status, reused.json['code']], [422, 'command/reused']);
}

async function refused({ url, edit, refused, text }: Talking, ada: Caller, bob: Caller) {
  const said = await text();
  assert.deepEqual(await refused(ada, 'undo', { group: randomUUID() }), [
    404,
    'undo/group-not-found',
  ]);
  assert.deepEqual(await refused(ada, 'undo', { scope: 'all' }), [400, 'request/invalid']);
  const old = randomUUID();
  await edit(bob, insert(0, 'old '), old);
  // What Bob undid he can no longer redo, for he went on editing.
  assert.deepEqual(await refused(bob, 'redo'), [409, 'undo/nothing-to-redo']);
  for (let left = MANY; left > 0;) {
    const some = Array.from({ length: Math.min(left, 50) }, () =>
      ada.post(`${url}/edits`, { edits: [insert(0, '.')] }),
    );
    for (const { status } of await Promise.all(some)) assert.equal(status, 200);
    left -= some.length;
  }
  assert.deepEqual(await refused(bob, 'undo', { group: old }), [409, 'document/undo-too-old']);
  assert.deepEqual(await refused(bob, 'undo'), [409, 'undo/nothing-to-undo']);
  assert.equal((await ada.post(`${url}/archive`)).status, 200);
  assert.deepEqual(await refused(ada, 'undo'), [409, 'document/archived']);
  assert.deepEqual(await refused(ada, 'redo'), [409, 'document/archived']);
  assert.equal(await text(), `${'.'.repeat(MANY)}old ${said}`);
}
