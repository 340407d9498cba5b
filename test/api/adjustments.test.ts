import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ModelTenant, modelTenant, onPlan } from '#test/support/model-tenant.ts';

const question = { role: 'user', content: 'Summarise: The heron fishes at dawn. It stands still.' };
const asked = { model: 'gpt-5-mini', messages: [question], maxTokens: 50 };

type Correction = { attempt: number; tokens: number; costNanoUsd: number; reason: string };

async function adjusting(ours: ModelTenant) {
  const { operatorKey, send, models, tenantId } = ours;
  models.next({ text: ['Fish', '.'], usage: { input: 31, output: 100 } });
  const { id } = JSON.parse(await (await send('/v1/generations', asked)).text());
  const adjust = async (body: Correction, of = id) => {
    const path = `/admin/v1/tenants/${tenantId}/generations/${of}/adjustments`;
    return await send(path, body, { authorization: `Bearer ${operatorKey}` });
  };
  const generate = async () => {
    models.next({ text: ['Fish', '.'], usage: { input: 31, output: 7 } });
    return await send('/v1/generations', asked);
  };
  return { id: id as string, adjust, generate };
}

test('a correction is in the views, and frees the budget that it took', async (t) => {
  const ours = await onPlan(await modelTenant(t), 'small', { tokensPerDay: 150 });
  const { id, adjust, generate } = await adjusting(ours);
  const refused = await generate();
  assert.equal(refused.status, 429, await refused.text());

  const correction = { attempt: 1, tokens: 20, costNanoUsd: 5_000, reason: 'invoice' };
  const adjusted = await adjust(correction);
  const text = await adjusted.text();
  assert.equal(adjusted.status, 200, text);
  assert.deepEqual(JSON.parse(text), { id, spent: { tokens: 20, costNanoUsd: 5_000 } });

  const position = adjusted.headers.get('palimpsest-position')!;
  const shown = await ours.send('/v1/usage', undefined, { 'palimpsest-min-position': position });
  const { totals } = JSON.parse(await shown.text());
  assert.deepEqual([totals.attempts, totals.tokens, totals.costNanoUsd], [1, 20, '5000']);
  assert.equal((await generate()).status, 201);

  assert.equal((await adjust(correction)).status, 200, 'a repeat changes nothing');
  const events = (await ours.typesOf(id)).filter((type) => type === 'BudgetAdjusted');
  assert.equal(events.length, 1);
});

test('only what was debited is corrected, and only by the operator', async (t) => {
  const ours = await modelTenant(t);
  const { id, adjust } = await adjusting(ours);
  const correction = { attempt: 1, tokens: 0, costNanoUsd: 0, reason: 'waived' };
  assert.equal((await adjust({ ...correction, attempt: 2 })).status, 404);
  assert.equal((await adjust(correction, ours.tenantId)).status, 400);
  assert.equal((await adjust({ ...correction, tokens: -1 })).status, 400);
  const path = `/admin/v1/tenants/${ours.tenantId}/generations/${id}/adjustments`;
  assert.ok([401, 403, 404].includes((await ours.send(path, correction)).status));
});

test('a correction that no call can come to is refused, and use can be read on', async (t) => {
  const ours = await modelTenant(t);
  const { adjust, generate } = await adjusting(ours);
  const most = Number.MAX_SAFE_INTEGER;
  const correction = { attempt: 1, tokens: 20, costNanoUsd: 5_000, reason: 'invoice' };
  assert.equal((await adjust({ ...correction, tokens: most })).status, 422);
  assert.equal((await adjust({ ...correction, costNanoUsd: most })).status, 422);
  assert.equal((await generate()).status, 201);
  for (const path of ['/v1/usage', '/v1/usage/forecast']) {
    assert.equal((await ours.send(path)).status, 200, path);
  }
});
