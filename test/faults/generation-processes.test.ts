import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelTenant, onPlan } from '#test/support/model-tenant.ts';
import type { Script } from '#test/support/model-server/script.ts';
import { sharedRedis, whereRedisIs } from '#test/support/redis.ts';

const RACING = Number(process.env['RACING_GENERATIONS'] ?? 400);
const FITTING = RACING / 20;
const asked = {
  model: 'gpt-5-mini',
  messages: [{ role: 'user', content: 'What does the heron eat?' }],
  maxTokens: 100,
};

if (whereRedisIs('any')) {
  const redis = sharedRedis();

  test('of many that race over four processes just as many are admitted as the budget holds', async (t) => {
    const ours = await modelTenant(t, { env: { REDIS_URL: await redis() }, beside: 3 });
    const { app, others, models, key, make, eventsOf } = ours;
    models.next({ text: ['Fish.'], usage: { input: 20, output: 2 } });
    const probe = await make(key, 'POST', '/v1/generations', asked);
    const [, reserved] = await eventsOf(probe['id'] ?? '');
    assert.ok(reserved?.type === 'BudgetReserved');
    const { tokens } = reserved.data.amount;
    // Every one of them takes all that was set aside for it.
    const output = asked.maxTokens;
    const all: Script = { text: ['word '], usage: { input: tokens - output, output } };
    models.next(...Array.from({ length: RACING }, () => all));
    const racers = await onPlan(ours, 'racers', { tokensPerDay: tokens * FITTING });
    const apps = [app, ...others];
    const statuses = await Promise.all(
      Array.from({ length: RACING }, async (_, index) => {
        const answer = await apps[index % apps.length]!.inject({
          method: 'POST',
          url: '/v1/generations',
          headers: { authorization: `Bearer ${racers.key}` },
          payload: asked,
        });
        return answer.statusCode;
      }),
    );
    const count = (status: number) => statuses.filter((one) => one === status).length;
    assert.deepEqual([count(201), count(429)], [FITTING, RACING - FITTING]);
    assert.equal(models.requests.length - 1, FITTING);
  });
}
