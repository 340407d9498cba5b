import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Script } from '#test/support/model-server/script.ts';
import { until } from '#test/support/process.ts';
import { type ModelTenant, askingAs, modelTenant } from '#test/support/model-tenant.ts';

const question = { role: 'user', content: 'Summarise: The heron fishes at dawn. It stands still.' };
/** Of 150 tokens it leaves one, which is too little for a question. */
const long: Script = { text: ['Fish.'], usage: { input: 30, output: 119 } };
const asked = { model: 'gpt-5-mini', messages: [question], maxTokens: 100 };

const jsonIn = async (answer: Response) => JSON.parse(await answer.text());

/** A member and a key of theirs, and what asks with it. */
async function colleague(ours: ModelTenant, labels: Readonly<Record<string, string>> = {}) {
  const { make, key, url } = ours;
  const { id: member = '' } = await make(key, 'POST', '/v1/members', {
    name: 'Bea',
    roles: ['editor'],
  });
  const issued = { memberId: member, roles: ['editor'], labels };
  const { key: own = '', id = '' } = await make(key, 'POST', '/v1/api-keys', issued);
  return { member, apiKey: id, key: own, ...askingAs(url, own) };
}

const named = ({ code, limit, scope, allowed }: Record<string, unknown>) => ({
  code,
  limit,
  scope,
  allowed,
});

test('a member whose budget is used up is refused, told which limit it was, and nobody else is', async (t) => {
  const ours = await modelTenant(t);
  const bea = await colleague(ours);
  const budget = `/v1/budgets/member:${bea.member}`;
  ours.models.next(long);
  assert.equal((await bea.send('/v1/generations', asked)).status, 201);

  // What was used before counts, so that one more of the same does not fit.
  const limits = { tokensPerDay: 150, costPerMonthNanoUsd: 5_000_000_000 };
  await ours.make(ours.key, 'PUT', budget, limits);
  const refusal = await bea.send('/v1/generations', asked);
  const scope = `member:${bea.member}`;
  assert.equal(refusal.status, 429);
  assert.ok(Number(refusal.headers.get('retry-after')) > 0);
  assert.deepEqual(named(await jsonIn(refusal)), {
    code: 'budget/exhausted',
    limit: 'tokensPerDay',
    scope,
    allowed: 150,
  });
  assert.equal((await ours.send('/v1/generations', asked)).status, 201);

  await until(async () => (await ours.send(budget)).ok);
  const shown = await jsonIn(await ours.send(budget));
  assert.deepEqual([shown.scope, shown.limits], [scope, limits]);
  const { day, month, generationsUnderWay } = shown.use;
  assert.equal(day.settled.tokens, 149);
  assert.deepEqual([month.settled, day.held.tokens, generationsUnderWay], [day.settled, 0, 0]);

  const removed = await ours.app.inject({
    method: 'DELETE',
    url: budget,
    headers: { authorization: `Bearer ${ours.key}` },
  });
  assert.equal(removed.statusCode, 200);
  assert.equal((await bea.send('/v1/generations', asked)).status, 201);
  await until(async () => (await ours.send(budget)).status === 404);
});

test('tenant, member, key and labels are held to at once, and a refusal of one uses none of the others', async (t) => {
  const ours = await modelTenant(t);
  const bea = await colleague(ours, { 'cost-centre': 'Ütrecht/7', project: 'apollo' });
  const scopes = [
    'tenant',
    `member:${bea.member}`,
    `key:${bea.apiKey}`,
    'label:cost-centre=Ütrecht/7',
    'label:project=apollo',
  ];
  const address = (scope: string) => `/v1/budgets/${encodeURIComponent(scope)}`;
  const roomy = { tokensPerDay: 1_000_000 };
  for (const scope of scopes) await ours.make(ours.key, 'PUT', address(scope), roomy);
  ours.models.next(long);
  assert.equal((await bea.send('/v1/generations', asked)).status, 201);
  const usedIn = async (scope: string) =>
    (await jsonIn(await ours.send(address(scope)))).use.day.settled.tokens;
  for (const scope of scopes) {
    await ours.make(ours.key, 'PUT', address(scope), { tokensPerDay: 150 });
    const refusal = await bea.send('/v1/generations', asked);
    const expected = { code: 'budget/exhausted', limit: 'tokensPerDay', scope, allowed: 150 };
    assert.deepEqual(named(await jsonIn(refusal)), expected);
    await ours.make(ours.key, 'PUT', address(scope), roomy);
  }
  const listed = async (): Promise<string[]> => {
    const { items } = await jsonIn(await ours.send('/v1/budgets'));
    return items.map(({ scope }: { scope: string }) => scope);
  };
  await until(async () => (await listed()).length === scopes.length);
  assert.deepEqual(await listed(), scopes.toSorted());
  for (const scope of scopes) assert.equal(await usedIn(scope), 149, scope);
});

test('budgets are set by owners and admins, for whom there is, and for what can be counted', async (t) => {
  const ours = await modelTenant(t);
  const bea = await colleague(ours);
  const put = async (send: typeof ours.send, scope: string, body: object) => {
    const answer = await ours.app.inject({
      method: 'PUT',
      url: `/v1/budgets/${encodeURIComponent(scope)}`,
      headers: { authorization: `Bearer ${send === bea.send ? bea.key : ours.key}` },
      payload: body,
    });
    return [answer.statusCode, answer.json<{ code: string }>().code];
  };
  const some = { tokensPerDay: 10 };
  assert.deepEqual(await put(bea.send, 'tenant', some), [403, 'right/missing']);
  const nobody = `member:${crypto.randomUUID()}`;
  assert.deepEqual(await put(ours.send, nobody, some), [404, 'member/not-found']);
  const noKey = 'key:0123456789abcdef';
  assert.deepEqual(await put(ours.send, noKey, some), [404, 'api-key/not-found']);
  for (const scope of ['team', 'label:apollo', 'label:a=\u0001', 'member:ada']) {
    assert.deepEqual(await put(ours.send, scope, some), [400, 'request/invalid'], scope);
  }
  for (const body of [{}, { tokensPerDay: -1 }, { tokensPerDay: 0.5 }, { tokensPerYear: 1 }]) {
    assert.deepEqual(await put(ours.send, 'tenant', body), [400, 'request/invalid']);
  }
});

test('each threshold of each budget is told once per window, whatever the number of processes', async (t) => {
  const ours = await modelTenant(t, {
    roles: ['data', 'control', 'projector', 'worker'],
    beside: 0,
  });
  const bea = await colleague(ours, { project: 'apollo' });
  const member = `member:${bea.member}`;
  await ours.make(ours.key, 'PUT', `/v1/budgets/${member}`, { tokensPerDay: 300 });
  await ours.make(ours.key, 'PUT', '/v1/budgets/label:project=apollo', { tokensPerMonth: 1_490 });
  for (let times = 0; times < 2; times += 1) {
    ours.models.next(long);
    assert.equal((await bea.send('/v1/generations', asked)).status, 201);
  }
  const told = async () =>
    (await jsonIn(await ours.send('/v1/alerts'))).items.map(
      ({ data }: { data: Record<string, string | number> }) =>
        `${data['scope']} ${data['limit']} ${data['threshold']} ${data['used']}/${data['allowed']}`,
    );
  await until(async () => (await told()).length >= 3);
  // 149 of 300 are not half of it yet; 298 are all but 100 %.
  assert.deepEqual(
    new Set(await told()),
    new Set([50, 80, 90].map((one) => `${member} tokensPerDay ${one} 298/300`)),
  );
});
