import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recentHistory } from '#commands/recent-history.ts';
import type { TenantId } from '#domain/ids.ts';
import { acme } from '#test/support/given.ts';
import { manualClock } from '#test/support/manual-clock.ts';
import { umbra } from '#test/support/sealing.ts';

/** A history whose streams get one event more each time they are asked for, and who asked. */
function counted() {
  const asked: string[] = [];
  let fails = false;
  return {
    asked,
    failNext: () => (fails = true),
    newest: async (tenant: TenantId, id: string) => {
      asked.push(`${tenant}/${id}`);
      if (fails) {
        fails = false;
        throw new Error('The log is away.');
      }
      return { revision: asked.length, recordedAt: undefined, state: `${tenant}/${id}` };
    },
  };
}

test('what was read a moment ago is answered again, and then read anew', async () => {
  const clock = manualClock();
  const history = counted();
  const recent = recentHistory(history, clock, { forMs: 1_000 });
  assert.equal((await recent.newest(acme, 'a')).revision, 1);
  await clock.advance(999);
  assert.equal((await recent.newest(acme, 'a')).revision, 1);
  await clock.advance(1);
  assert.equal((await recent.newest(acme, 'a')).revision, 2);
});

test('those who ask at once wait for one reading', async () => {
  const history = counted();
  const recent = recentHistory(history, manualClock());
  await Promise.all([recent.newest(acme, 'a'), recent.newest(acme, 'a')]);
  assert.deepEqual(history.asked, ['acme/a']);
});

test('no tenant gets what was read for another', async () => {
  const history = counted();
  const recent = recentHistory(history, manualClock());
  assert.equal((await recent.newest(acme, 'a')).state, 'acme/a');
  assert.equal((await recent.newest(umbra, 'a')).state, 'umbra/a');
});

test('a failure is not remembered', async () => {
  const history = counted();
  const recent = recentHistory(history, manualClock());
  history.failNext();
  await assert.rejects(recent.newest(acme, 'a'), /away/);
  assert.equal((await recent.newest(acme, 'a')).revision, 2);
});

test('it holds so many and no more, the newest of them', async () => {
  const history = counted();
  const recent = recentHistory(history, manualClock(), { most: 2 });
  for (const id of ['a', 'b', 'c', 'd']) await recent.newest(acme, id);
  await recent.newest(acme, 'd');
  assert.equal(history.asked.length, 4);
  await recent.newest(acme, 'a');
  assert.equal(history.asked.length, 5);
});
