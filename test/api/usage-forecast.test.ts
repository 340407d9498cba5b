import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editorOf, type ModelTenant, modelTenant, onPlan } from '#test/support/model-tenant.ts';
import { eventually } from '#test/support/projections.ts';

const question = { role: 'user', content: 'Summarise: The heron fishes at dawn. It stands still.' };
const asked = { model: 'gpt-5-mini', messages: [question], maxTokens: 50 };

type Outlook = {
  budget: string;
  window: string;
  endsAt: string;
  limit: number | null;
  settled: number;
  held: number;
  p50: number;
  p90: number;
  exhaustedAt: string | null;
};
type Shown = { scope: string; at: string; budgets: Outlook[] };

async function forecastOf({ send }: ModelTenant, scope: string): Promise<Shown> {
  const answer = await send(`/v1/usage/forecast?scope=${encodeURIComponent(scope)}`);
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return JSON.parse(text);
}

test('a forecast holds what is under way, and says when a budget is exhausted', async (t) => {
  const whole = await modelTenant(t);
  const ours = await onPlan(whole, 'small', { tokensPerDay: 200, tokensPerMonth: null });
  whole.models.next({ text: ['Fish', '.'], usage: { input: 31, output: 7 } });
  assert.equal((await ours.send('/v1/generations', asked)).status, 201);
  whole.models.next({ text: ['Fish', '.'], fault: { kind: 'stall', after: 1 } });
  const left = new AbortController();
  const stalled = fetch(`${ours.url}/v1/generations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ours.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(asked),
    signal: left.signal,
  }).catch(() => undefined);
  let under: Outlook[] = [];
  await eventually(async () => {
    under = (await forecastOf(ours, 'tenant')).budgets;
    return under.every(({ held, settled }) => held > 0 && settled > 0);
  }, 'one is under way');

  const [perDay, perMonth] = under;
  assert.deepEqual([perDay?.budget, perDay?.limit, perDay?.settled], ['tokensPerDay', 200, 38]);
  assert.deepEqual([perMonth?.limit, perMonth?.exhaustedAt], [null, null]);
  for (const { settled, held, p50, p90 } of under) {
    assert.ok(p50 >= settled + held && p90 >= p50);
  }
  const { items } = JSON.parse(await (await ours.send('/v1/members')).text());
  const ofMember = await forecastOf(ours, `member:${items[0].id}`);
  assert.deepEqual(
    ofMember.budgets.map(({ settled, held }) => [settled, held]),
    under.map(({ settled, held }) => [settled, held]),
  );
  const own = `/v1/budgets/member:${items[0].id}`;
  await ours.make(ours.key, 'PUT', own, { tokensPerDay: 1 });
  const limited = await forecastOf(ours, `member:${items[0].id}`);
  assert.equal(limited.budgets[0]?.limit, 1);
  assert.equal(limited.budgets[0]?.exhaustedAt, limited.at);
  const elsewhere = await forecastOf(whole, `member:${items[0].id}`);
  const isNothing = ({ settled, held, p90 }: Outlook) => settled + held + p90 === 0;
  assert.ok(elsewhere.budgets.every(isNothing), 'of another tenant’s member nothing is known');

  // Whoever hangs up ends it: what it may have cost is settled, and nothing is held any more.
  left.abort();
  await stalled;
  await eventually(async () => {
    under = (await forecastOf(ours, 'tenant')).budgets;
    return under.every(({ held }) => held === 0);
  }, 'nothing is under way');
  assert.ok(under[0]!.settled > 38);
});

test('what a budget’s use has reached already is exhausted now', async (t) => {
  const whole = await modelTenant(t);
  const ours = await onPlan(whole, 'tiny', { tokensPerDay: 160 });
  // A provider can bill more than was set aside for it.
  whole.models.next({ text: ['Fish', '.'], usage: { input: 31, output: 170 } });
  assert.equal((await ours.send('/v1/generations', asked)).status, 201);
  let shown = await forecastOf(ours, 'tenant');
  await eventually(async () => {
    shown = await forecastOf(ours, 'tenant');
    return shown.budgets[0]!.settled > 160;
  }, 'it is in the view');
  assert.equal(shown.budgets[0]?.exhaustedAt, shown.at);
});

test('who administers no budgets gets no forecast, and a scope must be one', async (t) => {
  const ours = await modelTenant(t);
  const { headers: asEve } = await editorOf(ours);
  assert.equal((await ours.send('/v1/usage/forecast', undefined, asEve)).status, 403);
  for (const scope of ['', 'me', 'member:', 'member:x', 'key:0', 'label:', 'label:%00']) {
    assert.equal((await ours.send(`/v1/usage/forecast?scope=${scope}`)).status, 400, scope);
  }
});
