import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shippedPlans } from '#domain/plan/shipped-plans.ts';
import { modelTenant, onPlan } from '#test/support/model-tenant.ts';
import { until } from '#test/support/process.ts';

const question = { role: 'user', content: 'Summarise: The heron fishes at dawn. It stands still.' };
const asked = { model: 'gpt-5-mini', messages: [question], maxTokens: 100 };
const largest = shippedPlans.find(({ planId }) => planId === 'enterprise')!.figures;

test('limits set below what is used raise alerts at once, whether of a budget, a plan or another plan', async (t) => {
  const ours = await modelTenant(t, { roles: ['data', 'control', 'projector', 'worker'] });
  const { operatorKey, make, send } = ours;
  const theirs = await onPlan(ours, 'theirs', {});
  ours.models.next({ text: ['Fish.'], usage: { input: 30, output: 100 } });
  assert.equal((await theirs.send('/v1/generations', asked)).status, 201);
  const raised = async (of: typeof ours.send): Promise<readonly string[]> => {
    const { items } = JSON.parse(await (await of('/v1/alerts')).text());
    return items
      .map(({ data }: { data: Record<string, unknown> }) =>
        [data['limit'], data['threshold'], data['used']].join(' '),
      )
      .toSorted();
  };
  const mustBeRaised = async (...alerts: readonly string[]) => {
    await until(async () => (await raised(theirs.send)).length >= alerts.length);
    assert.deepEqual(await raised(theirs.send), alerts);
  };
  const publish = (planId: string, tokensPerMonth: number) => {
    const figures = { ...largest, tokensPerMonth };
    return make(operatorKey, 'PUT', `/admin/v1/plans/${planId}`, { name: planId, figures });
  };

  const budget = '/v1/budgets/tenant';
  await make(theirs.key, 'PUT', budget, { tokensPerDay: 10_000 });
  await make(theirs.key, 'PUT', budget, { tokensPerDay: 160 });
  const ofBudget = ['tokensPerDay 50 130', 'tokensPerDay 80 130'];
  await mustBeRaised(...ofBudget);

  await publish('theirs', 250);
  await mustBeRaised(...ofBudget, 'tokensPerMonth 50 130');

  await publish('smaller', 150);
  const planned = await ours.app.inject({
    method: 'PATCH',
    url: '/admin/v1/tenants/theirs',
    headers: { authorization: `Bearer ${operatorKey}` },
    payload: { plan: 'smaller' },
  });
  assert.equal(planned.statusCode, 200, planned.body);
  await mustBeRaised(...ofBudget, 'tokensPerMonth 50 130', 'tokensPerMonth 80 130');
  assert.deepEqual(await raised(send), []);
});
