import assert from 'node:assert/strict';
import { LiveDocument } from '#client/live-document.ts';
import type { LiveOptions } from '#client/live-options.ts';
import type { Kept, Store } from '#client/outbox.ts';

/** Opens a document at a server (`http://…`), as whoever has the key. */
export const openLive = async (
  server: string | (() => string),
  id: string,
  key: string,
  more: Partial<LiveOptions> = {},
): Promise<LiveDocument> =>
  await LiveDocument.open({
    url: () => {
      const at = typeof server === 'string' ? server : server();
      return `${at.replace('http', 'ws')}/v1/documents/${id}/live`;
    },
    credential: async () => ({ credential: key }),
    coalesceMs: 20,
    ...more,
  });

/** What a device keeps, as bytes that outlive whoever wrote them. */
export function memoryStore(): Store {
  let kept: Kept | undefined;
  return {
    load: async () => structuredClone(kept),
    save: async (now) => {
      kept = structuredClone(now);
    },
  };
}

export async function soon(holds: () => boolean, ms = 10_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!holds()) {
    if (Date.now() > deadline) assert.fail(`never came true: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
