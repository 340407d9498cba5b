import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { LiveDocument } from '#client/live-document.ts';
import type { LiveNews, LiveOptions } from '#client/live-options.ts';
import type { Store } from '#client/outbox.ts';
import { memoryStore, openLive, soon } from '#test/support/live.ts';
import { type Journey, after, journey, memberOf, ownerOf } from '#test/support/journey.ts';

journey('two people type in one document at once', async (t, server) => {
  const owner = await ownerOf(server, 'acme');
  const ada = await memberOf(server, owner, 'Ada', 'editor');
  const bob = await memberOf(server, owner, 'Bob', 'editor');
  const made = await ada.post('/v1/documents', { title: 'Plan', markdown: 'Hello world\n' });
  const id = String(made.json['id']);
  const [hers, his] = [await open(t, server, id, ada.key), await open(t, server, id, bob.key)];
  const section = hers.sections[0]!.id;

  hers.splice(section, 5, 0, ', dear');
  his.splice(section, 11, 0, '!');
  hers.splice(section, 0, 5, 'Howdy');
  await Promise.all([hers.settled(), his.settled()]);
  await soon(() => hers.markdown === his.markdown);
  assert.equal(hers.markdown, 'Howdy, dear world!\n');

  // Who writes over HTTP is seen as well.
  await bob.post(`/v1/documents/${id}/edits`, {
    edits: [{ type: 'splitSection', section, at: 6 }],
  });
  await soon(() => hers.sections.length === 2 && his.sections.length === 2);
  hers.rename('Better plan');
  await hers.settled();
  await soon(() => his.title === 'Better plan');

  const shown = await ada.get(`/v1/documents/${id}`, { accept: 'text/markdown' });
  assert.equal(shown.text, hers.markdown);
  const timeline = await ada.get(`/v1/documents/${id}/timeline`, after(made));
  assert.ok(timeline.text.includes('ChangesApplied'));
});

journey('what was typed without a connection arrives, once', async (t, server) => {
  const owner = await ownerOf(server, 'acme');
  const ada = await memberOf(server, owner, 'Ada', 'editor');
  const made = await ada.post('/v1/documents', { title: 'Plan', markdown: 'one\n' });
  const id = String(made.json['id']);
  const store = memoryStore();
  const first = await open(t, server, id, ada.key, { store });
  const section = first.sections[0]!.id;
  first.splice(section, 0, 0, 'zero ');
  await first.settled();
  await first.close();

  // Another process of hers, that finds no server.
  const offline = await LiveDocument.open({
    url: 'ws://127.0.0.1:9/live',
    credential: async () => ({ credential: 'none' }),
    store,
  });
  offline.splice(section, 8, 0, ' two');
  offline.splice(section, 12, 0, ' three');
  await offline.close();
  await ada.post(`/v1/documents/${id}/edits`, {
    edits: [{ type: 'insertText', at: 0, text: '# ' }],
  });

  const again = await open(t, server, id, ada.key, { store });
  await again.settled();
  await soon(() => again.markdown === '# zero one two three\n');
  const shown = await ada.get(`/v1/documents/${id}`, { accept: 'text/markdown' });
  assert.equal(shown.text, '# zero one two three\n');
});

journey('whoever is let in by several changes at once writes as one actor', async (t, server) => {
  const owner = await ownerOf(server, 'acme');
  const ada = await memberOf(server, owner, 'Ada', 'author');
  const bob = await memberOf(server, owner, 'Bob', 'author');
  const cyd = await memberOf(server, owner, 'Cyd', 'author');
  const made = await ada.post('/v1/documents', { title: 'Plan', markdown: 'Hello\n' });
  const id = String(made.json['id']);
  const share = async (level: string, more = {}) => {
    const members = { [ada.id]: 'owner', [bob.id]: level, ...more };
    await ada.put(`/v1/documents/${id}/access`, { members, groups: {} });
  };
  await share('viewer');
  const his = await open(t, server, id, bob.key, { coalesceMs: 0 });
  let typed = 0;
  const typing = setInterval(() => {
    if (!his.mayWrite) return;
    his.splice(his.sections[0]!.id, 0, 0, 'x');
    typed += 1;
  });
  t.after(() => clearInterval(typing));
  const levels = ['viewer', 'editor', 'viewer', 'editor'];
  await Promise.all(levels.map((level) => share('editor', { [cyd.id]: level })));
  await soon(() => typed >= 50);
  clearInterval(typing);
  await his.settled();
  const shown = await ada.get(`/v1/documents/${id}`, { accept: 'text/markdown' });
  assert.equal(shown.text, `${'x'.repeat(typed)}Hello\n`);
});

journey('a right that is taken away ends the editing within a second', async (t, server) => {
  const owner = await ownerOf(server, 'acme');
  const ada = await memberOf(server, owner, 'Ada', 'author');
  const bob = await memberOf(server, owner, 'Bob', 'author');
  const made = await ada.post('/v1/documents', { title: 'Plan', markdown: 'Hello\n' });
  const id = String(made.json['id']);
  const access = (level: string) => ({
    members: { [ada.id]: 'owner', [bob.id]: level },
    groups: {},
  });
  await ada.put(`/v1/documents/${id}/access`, access('editor'));
  const news: LiveNews[] = [];
  const his = await open(t, server, id, bob.key, { onEvent: (one) => news.push(one) });
  assert.ok(his.rights.includes('edit'));

  await ada.put(`/v1/documents/${id}/access`, access('viewer'));
  await soon(() => !his.rights.includes('edit'));
  his.splice(his.sections[0]!.id, 0, 0, 'x');
  await assert.rejects(his.settled(), { name: 'Refusal', code: 'right/missing' });
  assert.ok(news.some(({ kind }) => kind === 'lost'));
  await ada.put(`/v1/documents/${id}/access`, { members: { [ada.id]: 'owner' }, groups: {} });
  // Whoever comes back just then is told that there is no such document.
  const gone = new Set([4403, 4404]);
  await soon(() => news.some((one) => one.kind === 'disconnected' && gone.has(one.code)));
  const shown = await ada.get(`/v1/documents/${id}`, { accept: 'text/markdown' });
  assert.equal(shown.text, 'Hello\n');
});

journey(
  'a device that kept less than it had sent gives up what it cannot number',
  async (t, server) => {
    const owner = await ownerOf(server, 'acme');
    const ada = await memberOf(server, owner, 'Ada', 'editor');
    const made = await ada.post('/v1/documents', { title: 'Plan', markdown: 'one\n' });
    const id = String(made.json['id']);
    const device = memoryStore();
    let isFull = false;
    const store: Store = {
      load: () => device.load(),
      save: async (kept) => (isFull ? undefined : await device.save(kept)),
    };
    const first = await open(t, server, id, ada.key, { store });
    first.splice(first.sections[0]!.id, 0, 0, 'zero ');
    await first.settled();
    isFull = true;
    first.splice(first.sections[0]!.id, 0, 0, 'minus one ');
    await first.settled();
    await first.close();
    isFull = false;

    const offline = await LiveDocument.open({
      url: 'ws://127.0.0.1:9/live',
      credential: async () => ({ credential: 'none' }),
      store,
    });
    offline.splice(offline.sections[0]!.id, 0, 0, 'again ');
    await offline.close();
    const news: LiveNews[] = [];
    const onEvent = (one: LiveNews) => news.push(one);
    const again = await openLive(server.url, id, ada.key, { store, onEvent });
    t.after(() => again.close());
    await soon(() => again.markdown === 'minus one zero one\n');
    const lost = news.filter((one) => one.kind === 'lost');
    assert.deepEqual(
      lost.map(({ code, unsent }) => [code, unsent.length]),
      [['change/sequence-taken', 1]],
    );
    again.splice(again.sections[0]!.id, 0, 0, 'again ');
    await again.settled();
    const shown = await ada.get(`/v1/documents/${id}`, { accept: 'text/markdown' });
    assert.equal(shown.text, 'again minus one zero one\n');
  },
);

async function open(
  t: TestContext,
  { url }: Journey,
  id: string,
  key: string,
  more: Partial<LiveOptions> = {},
): Promise<LiveDocument> {
  const document = await openLive(url, id, key, more);
  t.after(() => document.close());
  await soon(() => document.isConnected);
  return document;
}
