import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { type AnswerStore, answerCache } from '#commands/generation/answer-cache.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import type { MemberId, ModelId, TenantId } from '#domain/ids.ts';
import { memoryAnswerStore } from '#infra/memory/answer-store.ts';
import { redisAnswerStore } from '#infra/redis/answer-store.ts';
import { redisConnection } from '#infra/redis/connection.ts';
import { systemClock } from '#infra/system/clock.ts';
import { promptOf } from '#test/support/answers.ts';
import { lastFirst } from '#test/support/process.ts';
import { sharedRedis, whereRedisIs } from '#test/support/redis.ts';
import { acme, testSealer, umbra } from '#test/support/sealing.ts';

const by = { model: 'gpt' as ModelId };
const prompt = promptOf('What does a heron eat?', { maxTokens: 50 });
const answered = {
  generation: randomUUID() as GenerationId,
  model: by.model,
  answer: { text: 'Fish and frogs.', toolCalls: [] },
  finish: 'stop',
};
const ada = randomUUID() as MemberId;

function cached(store: AnswerStore = memoryAnswerStore({ clock: systemClock })) {
  const sealer = testSealer();
  return { sealer, store, ...answerCache({ sealer, store, clock: systemClock }) };
}

test('an answer is found by the same request of the same tenant, and by no other', async () => {
  const { placeOf, keep, find } = cached();
  await keep(await placeOf(acme, by, prompt), ada, answered);
  const found = async (...of: Parameters<typeof placeOf>) =>
    (await find(await placeOf(...of)))?.answer.text;
  assert.equal(await found(acme, by, prompt), 'Fish and frogs.');
  assert.equal(await found(umbra, by, prompt), undefined);
  assert.equal(await found(acme, { model: 'other' as ModelId }, prompt), undefined);
  assert.equal(await found(acme, by, { ...prompt, maxTokens: 51 }), undefined);
  assert.equal(await found(acme, by, { ...prompt, stop: ['.'] }), undefined);
});

test('the same request of two tenants has names that have nothing in common', async () => {
  const { placeOf } = cached();
  const [ours, theirs] = [await placeOf(acme, by, prompt), await placeOf(umbra, by, prompt)];
  assert.notEqual(ours.name, theirs.name);
  assert.deepEqual([ours.tenant, theirs.tenant], [acme, umbra]);
});

test('what is moved to another name, or to another tenant, cannot be read there', async () => {
  const { placeOf, keep, find, store } = cached();
  const place = await placeOf(acme, by, prompt);
  await keep(place, ada, answered);
  const sealed = (await store.get(acme, place.name)) ?? assert.fail('nothing was kept');
  for (const to of [
    await placeOf(acme, by, { ...prompt, maxTokens: 51 }),
    await placeOf(umbra, by, prompt),
  ]) {
    await store.put(to.tenant, to.name, sealed, 60_000);
    assert.equal(await find(to), undefined);
  }
});

test('an answer is gone with the key of the member who asked first', async () => {
  const { placeOf, keep, find, sealer, store } = cached();
  const place = await placeOf(acme, by, prompt);
  await keep(place, ada, answered);
  await sealer.destroy(acme, `member:${ada}`);
  assert.notEqual(await store.get(acme, place.name), undefined);
  assert.equal(await find(place), undefined);
  await keep(place, ada, answered);
  assert.equal(await find(place), undefined, 'nothing is kept for a member who was erased');
});

if (whereRedisIs('any')) {
  const server = sharedRedis();

  test('what Redis holds says nothing of the question, the answer or the model', async (t) => {
    const tenant = `t-${randomUUID()}` as TenantId;
    const { store, everything } = await onRedis(t, await server(), tenant);
    const { placeOf, keep, find } = cached(store);
    const place = await placeOf(tenant, by, prompt);
    await keep(place, ada, answered);
    assert.equal((await find(place))?.answer.text, 'Fish and frogs.');
    const bytes = await everything();
    assert.match(bytes, new RegExp(`\\{${tenant}\\}:answer:`));
    // Sealed bytes stand there as base64.
    const encoded = /"sealed":"([^"]+)"/.exec(bytes)?.[1] ?? assert.fail('nothing is sealed');
    const all = bytes + Buffer.from(encoded, 'base64').toString('latin1');
    for (const plain of ['heron', 'Fish', 'frogs', answered.generation, '"stop"', '"gpt"']) {
      assert.ok(!all.includes(plain), plain);
    }
  });
}

/** `everything`: the names and the bytes that Redis holds of a tenant. */
async function onRedis(t: TestContext, url: string, tenant: TenantId) {
  const redis = redisConnection({ url, clock: systemClock, answerWithinMs: 5_000 });
  const shell = new Redis(url);
  lastFirst(t, async () => {
    shell.disconnect();
    await redis.close();
  });
  const everything = async () => {
    const names = await shell.keys(`*${tenant}*`);
    const values = await Promise.all(names.map(async (name) => await shell.get(name)));
    return names.map((name, index) => `${name} ${values[index]}`).join('\n');
  };
  return { store: redisAnswerStore({ redis }), everything };
}
