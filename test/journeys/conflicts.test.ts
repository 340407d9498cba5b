import assert from 'node:assert/strict';
import { LiveDocument } from '#client/live-document.ts';
import type { Store } from '#client/outbox.ts';
import { type Caller, after, journey, memberOf, ownerOf } from '#test/support/journey.ts';
import { memoryStore, openLive, soon } from '#test/support/live.ts';

type Entry = {
  readonly revision: number;
  readonly actor: string;
  readonly conflicts: readonly {
    readonly kind: string;
    readonly with: readonly { readonly actor: string }[];
    readonly words: Readonly<Record<string, string>> | null;
    readonly bringBack: { readonly action: string; readonly group: string } | null;
  }[];
};

journey('two who were both away see in the timeline where they met', async (t, server) => {
  const owner = await ownerOf(server, 'acme');
  const ada = await memberOf(server, owner, 'Ada', 'author');
  const bob = await memberOf(server, owner, 'Bob', 'author');
  const markdown = 'one two three\n# Four\nfive six\n';
  const made = await ada.post('/v1/documents', { title: 'Plan', markdown });
  const id = String(made.json['id']);
  const everyone = { members: { [ada.id]: 'owner', [bob.id]: 'editor' }, groups: {} };
  await ada.put(`/v1/documents/${id}/access`, everyone);
  const open = async (key: string, store: Store) => {
    const document = await openLive(server.url, id, key, { store });
    t.after(() => document.close());
    await soon(() => document.isConnected);
    return document;
  };
  /** What somebody writes on a device that finds no server. */
  const away = async (key: string, write: (document: LiveDocument) => void): Promise<Store> => {
    const store = memoryStore();
    await (await open(key, store)).close();
    const offline = await LiveDocument.open({
      url: 'ws://127.0.0.1:9/live',
      credential: async () => ({ credential: 'none' }),
      store,
    });
    write(offline);
    await offline.close();
    return store;
  };

  const hers = await away(ada.key, (document) => {
    document.splice(document.sections[0]!.id, 4, 3, 'twain');
    document.rename('Hers');
  });
  const his = await away(bob.key, (document) => {
    document.splice(document.sections[0]!.id, 7, 0, 's');
    document.splice(document.sections[1]!.id, 12, 0, 'fifty ');
    document.rename('His');
  });
  await (await open(ada.key, hers)).settled();
  const { sections } = (await ada.get(`/v1/documents/${id}`)).json as {
    sections: readonly { readonly id: string }[];
  };
  await ada.post(`/v1/documents/${id}/edits`, {
    edits: [{ type: 'deleteSection', section: sections[1]!.id }],
  });
  const back = await open(bob.key, his);
  await back.settled();
  // To choose the title that there is, of the two, is no change that anybody would refuse.
  back.rename(back.title);
  back.splice(back.sections[0]!.id, 0, 0, '> ');
  await back.settled();
  // Its own position makes the timeline wait for everything that was sent before.
  const last = await ada.post(`/v1/documents/${id}/edits`, {
    edits: [{ type: 'insertText', at: 0, text: '> ' }],
  });

  const timeline = async (query: string): Promise<readonly Entry[]> => {
    const answer = await ada.get(`/v1/documents/${id}/timeline${query}`, after(last));
    assert.equal(answer.status, 200, answer.text);
    return answer.json['items'] as readonly Entry[];
  };
  const met = await timeline('?conflicts=true');
  assert.deepEqual(await timeline(''), await timeline('?conflicts=false'));
  const conflicts = met.flatMap((entry) => entry.conflicts);
  assert.deepEqual(conflicts.map(({ kind }) => kind).toSorted(), ['deleted', 'title', 'words']);
  assert.ok(
    met.every(({ actor }) => actor === bob.id),
    'he came last',
  );
  assert.ok(conflicts.every((one) => one.with.every(({ actor }) => actor === ada.id)));
  const wordsOf = (kind: string) => conflicts.find((one) => one.kind === kind)?.words;
  assert.deepEqual(wordsOf('words'), { before: 'two', mine: 'twos', theirs: 'twain' });
  assert.deepEqual(wordsOf('title'), { before: 'Plan', mine: 'His', theirs: 'Hers' });

  const { bringBack } = conflicts.find(({ kind }) => kind === 'deleted')!;
  assert.equal(bringBack?.action, 'undo');
  await ada.post(`/v1/documents/${id}/undo`, { scope: 'mine', group: bringBack?.group });
  const { text } = await ada.get(`/v1/documents/${id}`, { accept: 'text/markdown' });
  assert.ok(text.includes('five fifty six'), text);

  assert.deepEqual(await counted(server.operator), {
    words: 1,
    deleted: 1,
    split: 0,
    moved: 0,
    title: 1,
  });
});

/** By kind, of all edits that met others. */
async function counted(operator: Caller): Promise<Readonly<Record<string, number>>> {
  const { text } = await operator.get('/metrics');
  assert.match(text, /^palimpsest_document_edits_total [1-9]\d*$/m);
  const lines = text.matchAll(/^palimpsest_document_conflicts_total\{kind="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...lines].map(([, kind, count]) => [kind, Number(count)]));
}
