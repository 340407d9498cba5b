import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { underWay } from '#commands/generation/under-way.ts';
import { manualClock } from '#test/support/manual-clock.ts';

const RESUME_MS = 15_000;

/** A generation whose only client has left. */
function left(options: Parameters<typeof underWay>[1]) {
  const clock = manualClock();
  const running = underWay(clock, options);
  running.attach()();
  return { clock, running, reason: () => running.signal.reason as unknown };
}

test('a generation whose client leaves is called off at once, and one that it may come back for 15 s later', async () => {
  assert.equal(left({ resumable: false }).reason(), 'disconnect');
  const { clock, reason } = left({ resumable: true });
  await clock.advance(RESUME_MS - 1);
  assert.equal(reason(), undefined);
  await clock.advance(1);
  assert.equal(reason(), 'disconnect');
});

test('a generation goes on while another process shows it, and as long after as anywhere', async () => {
  let awaitedUntil = 0;
  const { clock, reason } = left({
    resumable: true,
    awaitedElsewhereForMs: async () => Math.max(0, awaitedUntil - clock.now().getTime()),
  });
  const readElsewhere = () => (awaitedUntil = clock.now().getTime() + RESUME_MS);
  for (let times = 0; times < 10; times += 1) {
    await clock.advance(7_000);
    readElsewhere();
  }
  assert.equal(reason(), undefined);
  await clock.advance(RESUME_MS - 1);
  assert.equal(reason(), undefined);
  await clock.advance(2);
  assert.equal(reason(), 'disconnect');
});

test('a client that is back is not called off for what another process says', async () => {
  const asked = Promise.withResolvers<number>();
  const { clock, running, reason } = left({
    resumable: true,
    awaitedElsewhereForMs: async () => await asked.promise,
  });
  await clock.advance(RESUME_MS);
  running.attach();
  asked.resolve(0);
  await clock.advance(RESUME_MS);
  assert.equal(reason(), undefined);
});

test('nobody who has read a generation leaves a listener with the server', async () => {
  const running = underWay(manualClock(), { resumable: false });
  const closing = new AbortController();
  running.show({ type: 'text', text: 'Herons fish.' });
  for (let readers = 0; readers < 20; readers += 1) {
    for await (const { part } of running.read(0, closing.signal)) {
      assert.equal(part.type, 'text');
      break;
    }
  }
  running.fail(new Error('It is over.'));
  for await (const _ of running.read(0, closing.signal));
  assert.deepEqual(getEventListeners(closing.signal, 'abort'), []);
});
