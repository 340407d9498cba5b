import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zero } from '#domain/amount.ts';
import type { CommandRequest } from '#commands/handle.ts';
import { request } from '#test/support/command-path.ts';
import { acme } from '#test/support/given.ts';
import { ended, generationProcess, silentUntil, wanted } from '#test/support/generation-process.ts';

/** A process that stays between its hold and the log until it is told to go on. */
async function slowToLog() {
  const [reserved, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slow = await generationProcess((counters) => ({
    reserve: async (asked) => {
      const held = await counters.reserve(asked);
      reserved.resolve();
      await goOn.promise;
      return held;
    },
  }));
  return { ...slow, reserved: reserved.promise, goOn: goOn.resolve };
}

/** The counters are lost, and the same request comes to another process, which calls a model. */
async function takenOver(otherwise: Partial<CommandRequest> = {}) {
  const slow = await slowToLog();
  const asked = request();
  const slowly = slow.begin(wanted, asked);
  await slow.reserved;
  await slow.counters.rebuild(acme);
  const answer = Promise.withResolvers<void>();
  const other = slow.another(({ catalogue }) => ({
    catalogue: silentUntil(answer.promise, catalogue),
  }));
  return {
    ...slow,
    slowly,
    begun: await other.begin(wanted, { ...asked, ...otherwise }),
    answer: answer.resolve,
  };
}

const isDebitedOnce = async ({
  typesOf,
  usage,
}: Pick<Awaited<ReturnType<typeof takenOver>>, 'typesOf' | 'usage'>) => {
  assert.equal((await typesOf()).filter((type) => type === 'BudgetDebited').length, 1);
  const { settled, held, open, drift } = await usage();
  assert.ok(settled.tokens > 0);
  assert.deepEqual([held, open, drift], [zero, 0, []]);
};

test('a request that another process has taken over is left to it', async () => {
  const { slowly, goOn, begun, answer, ...all } = await takenOver();
  goOn();
  await assert.rejects(slowly, { code: 'generation/not-here' });
  assert.equal((await all.usage()).open, 1);
  answer();
  assert.equal((await ended(begun)).state.status, 'completed');
  await isDebitedOnce(all);
});

test('a request that another process has brought to its end is answered with that', async () => {
  const { slowly, goOn, begun, answer, ...all } = await takenOver();
  answer();
  const { state } = await ended(begun);
  goOn();
  assert.deepEqual((await ended(await slowly)).state, state);
  await isDebitedOnce(all);
});

test('a request whose key another process has taken for something else does not free its hold', async () => {
  const { slowly, goOn, begun, answer, ...all } = await takenOver({
    commandHash: Uint8Array.of(9),
  });
  goOn();
  await assert.rejects(slowly, { code: 'command/reused' });
  const { open, held } = await all.usage();
  assert.equal(open, 1);
  assert.ok(held.tokens > 0);
  answer();
  assert.equal((await ended(begun)).state.status, 'completed');
  await isDebitedOnce(all);
});
