import type { PlanId } from '#domain/ids.ts';
import type { PublishPlan } from './decide.ts';
import type { PlanFigures } from './events.ts';

const shipped = (planId: string, name: string, figures: PlanFigures): PublishPlan => ({
  type: 'PublishPlan',
  planId: planId as PlanId,
  name,
  figures,
});

const usd = (dollars: number) => dollars * 1_000_000_000;

/** Published at the first start, when there is no plan of that id; from then on they are the operator's. */
export const shippedPlans: readonly PublishPlan[] = [
  shipped('starter', 'Starter', {
    requestsPerMinute: 120,
    tokensPerMinute: 20_000,
    concurrentGenerations: 2,
    tokensPerDay: 200_000,
    tokensPerMonth: 2_000_000,
    costPerDayNanoUsd: usd(2),
    costPerMonthNanoUsd: usd(20),
    members: 10,
    retentionDays: 30,
    models: ['*'],
    features: ['documents', 'generation'],
  }),
  shipped('business', 'Business', {
    requestsPerMinute: 1_200,
    tokensPerMinute: 200_000,
    concurrentGenerations: 20,
    tokensPerDay: 5_000_000,
    tokensPerMonth: 50_000_000,
    costPerDayNanoUsd: usd(50),
    costPerMonthNanoUsd: usd(500),
    members: 250,
    retentionDays: 365,
    models: ['*'],
    features: ['documents', 'generation', 'knowledge', 'webhooks'],
  }),
  shipped('enterprise', 'Enterprise', {
    requestsPerMinute: 12_000,
    tokensPerMinute: null,
    concurrentGenerations: 200,
    tokensPerDay: null,
    tokensPerMonth: null,
    costPerDayNanoUsd: null,
    costPerMonthNanoUsd: usd(20_000),
    members: null,
    retentionDays: 3_650,
    models: ['*'],
    features: [
      'documents',
      'generation',
      'knowledge',
      'webhooks',
      'single-sign-on',
      'policy-packs',
    ],
  }),
];
