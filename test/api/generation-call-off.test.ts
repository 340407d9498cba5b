import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type ModelTenant, modelTenant } from '#test/support/model-tenant.ts';
import { until } from '#test/support/process.ts';
import { redisServer, whereRedisIs } from '#test/support/redis.ts';

const asked = {
  model: 'gpt-5-mini',
  messages: [{ role: 'user', content: 'Tell me of herons' }],
  maxTokens: 100,
};

/** A generation whose model has begun and says no more. */
async function underWay(t: TestContext, env: Readonly<Record<string, string>>) {
  const ours = await modelTenant(t, { env, beside: 1 });
  ours.models.next({ text: ['one ', 'two '], fault: { kind: 'stall', after: 1 } });
  const answer = ours
    .send('/v1/generations', asked)
    .then(async (one) => JSON.parse(await one.text()));
  await until(() => (ours.models.requests[0]?.sent ?? 0) > 0);
  const reserved = (await ours.eventsAfter(0n)).find(({ type }) => type === 'BudgetReserved');
  return { ours, answer, id: reserved?.stream.split('/')[2] ?? '' };
}

const cancelElsewhere = async ({ others, key }: ModelTenant, id: string) =>
  await others[0]!.inject({
    method: 'POST',
    url: `/v1/generations/${id}/cancel`,
    headers: { authorization: `Bearer ${key}` },
    payload: {},
  });

if (whereRedisIs('own')) {
  test('a generation is called off through a process that is not at work on it', async (t) => {
    const redis = await redisServer(t);
    const { ours, answer, id } = await underWay(t, { REDIS_URL: redis.url });
    const cancelled = await cancelElsewhere(ours, id);
    assert.equal(cancelled.statusCode, 200, cancelled.body);
    const { status, reason } = cancelled.json();
    assert.deepEqual([status, reason], ['aborted', 'caller']);
    await ours.models.hungUp();
    const made = await answer;
    assert.deepEqual([made.status, made.reason], ['aborted', 'caller']);
    const types = await ours.typesOf(id);
    assert.equal(types.filter((type) => type === 'BudgetDebited').length, 1);
  });
}

test('without Redis a process says that it cannot call off what another is at work on', async (t) => {
  const { ours, answer, id } = await underWay(t, {});
  const refused = await cancelElsewhere(ours, id);
  assert.deepEqual([refused.statusCode, refused.json().code], [409, 'generation/not-here']);
  assert.equal((await ours.send(`/v1/generations/${id}/cancel`, {})).status, 200);
  assert.equal((await answer).status, 'aborted');
});
