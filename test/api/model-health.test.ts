import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelTenant } from '#test/support/model-tenant.ts';

const asked = (content: string) => ({
  model: 'gpt-5-mini',
  messages: [{ role: 'user', content }],
  maxTokens: 100,
});

test('the operator sees how each model works, and nothing of whoever calls it', async (t) => {
  let isIll = false;
  const ours = await modelTenant(t, {
    answer: () =>
      isIll
        ? { fault: { kind: 'status', status: 503 } }
        : { text: ['Fish.'], usage: { input: 30, output: 6 } },
  });
  const health = async () => {
    const headers = { authorization: `Bearer ${ours.operatorKey}` };
    const answer = await fetch(`${ours.url}/admin/v1/model-health`, { headers });
    const text = await answer.text();
    const shown = JSON.parse(text).items.find(
      ({ model }: { model: string }) => model === 'gpt-5-mini',
    );
    return { text, shown };
  };
  const { shown: before } = await health();
  assert.deepEqual(before, {
    model: 'gpt-5-mini',
    provider: 'openai',
    breaker: { status: 'closed', waitMs: 0 },
    calls: 0,
    failed: 0,
    p50Ms: null,
    p95Ms: null,
  });
  assert.equal((await ours.send('/v1/generations', asked('Of zebrafish.'))).status, 201);
  const { shown: healthy } = await health();
  assert.deepEqual([healthy.calls, healthy.failed], [1, 0]);
  assert.ok(healthy.p50Ms > 0);
  isIll = true;
  const ask = async () => await ours.send('/v1/generations', asked('Of zebrafish again.'));
  await Promise.all(Array.from({ length: 20 }, ask));
  const { shown: ill, text } = await health();
  assert.equal(ill.breaker.status, 'open');
  assert.ok(ill.breaker.waitMs > 0 && ill.failed >= 19, text);
  assert.doesNotMatch(text, /zebrafish|ours/);
  assert.equal((await ours.send('/admin/v1/model-health')).status, 401);
});
