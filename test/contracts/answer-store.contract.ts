import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { AnswerStore } from '#commands/generation/answer-cache.ts';
import type { TenantId } from '#domain/ids.ts';

/** What every store of answers must do. */
export function answerStoreContract(
  name: string,
  start: (t: TestContext) => Promise<{ store: AnswerStore; pass: (ms: number) => Promise<void> }>,
): void {
  const ours = 'ours' as TenantId;
  const theirs = 'theirs' as TenantId;

  test(`${name}: what was put is got by its tenant and name only, until its time is over`, async (t) => {
    const { store, pass } = await start(t);
    const one = `one-${process.pid}`;
    assert.equal(await store.get(ours, one), undefined);
    await store.put(ours, one, 'sealed', 200);
    assert.equal(await store.get(ours, one), 'sealed');
    assert.equal(await store.get(theirs, one), undefined);
    assert.equal(await store.get(ours, `${one}-other`), undefined);
    await store.put(ours, one, 'anew', 200);
    assert.equal(await store.get(ours, one), 'anew');
    await pass(250);
    assert.equal(await store.get(ours, one), undefined);
  });
}
