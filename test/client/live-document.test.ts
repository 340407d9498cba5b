import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as Automerge from '@automerge/automerge';
import { LiveDocument } from '#client/live-document.ts';
import { LiveRefused } from '#client/refused.ts';
import { memoryStore } from '#test/support/live.ts';

const word = (text: string) => new Automerge.ImmutableString(text);
const saved = Automerge.save(
  Automerge.from({
    title: word('Plan'),
    sections: { aa: { order: word('a'), present: true, text: 'Hello' } },
  }),
);

test(
  'who waits without a connection hears that the document was closed',
  { timeout: 10_000 },
  async () => {
    const store = memoryStore();
    const actor = { id: new Uint8Array(16).fill(1), token: 'any' };
    await store.save({ revision: 0, saved, actor, unsent: [] });
    const document = await LiveDocument.open({
      // Nobody listens there.
      url: 'ws://127.0.0.1:1/v1/documents/any/live',
      credential: async () => ({ credential: 'any' }),
      store,
    });
    document.splice('aa', 5, 0, ' world');
    const settled = assert.rejects(document.settled(), LiveRefused);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await document.close();
    await settled;
    assert.equal((await store.load())?.unsent.length, 1);
  },
);
