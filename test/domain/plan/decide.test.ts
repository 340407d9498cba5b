import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planAggregate } from '#domain/plan/decide.ts';
import { type PlanEvent, planEvents } from '#domain/plan/events.ts';
import { shippedPlans } from '#domain/plan/shipped-plans.ts';
import { given, operator, principal } from '#test/support/given.ts';

const [starter] = shippedPlans;
assert.ok(starter);
const { type: _, ...plan } = starter;
const byOperator = { principal: operator };
const published: PlanEvent = { type: 'PlanPublished', data: { ...plan, version: 1 } };
const decider = planAggregate.decider;

test('a plan is published, and the same figures once more are nothing', () => {
  given(decider).when(starter, byOperator).happens(published);
  given(decider).when(starter, byOperator).twice();
});

test('changed figures are the next version', () => {
  const figures = { ...plan.figures, requestsPerMinute: null };
  given(decider, published)
    .when({ ...starter, figures }, byOperator)
    .happens({ type: 'PlanPublished', data: { ...plan, figures, version: 2 } });
});

test('only the operator publishes plans', () => {
  given(decider)
    .when(starter, { principal: principal('olivia', 'owner') })
    .isRejected('right/missing');
});

test('the shipped plans are starter, business and enterprise, and fit the stored shape', () => {
  assert.deepEqual(
    shippedPlans.map(({ planId }) => planId),
    ['starter', 'business', 'enterprise'],
  );
  for (const { type: _, ...shipped } of shippedPlans) {
    const data = { ...shipped, version: 1 };
    assert.deepEqual(planEvents.PlanPublished.schema.parse(data), data);
  }
});
