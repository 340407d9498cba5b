import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { DomainEvent } from '#domain/event.ts';
import { eventTypes } from '#domain/event-types.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import { streamOf } from '#domain/stream.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import { budgetUse, useAround } from '#projections/budget-use.ts';
import { append, caughtUp, projectionWorld, projector } from '#test/support/projections.ts';
import { acme } from '#test/support/sealing.ts';

const at = { model: 'offline', provider: 'openai', priceVersion: 1 };
const amountOf = (tokens: number) => ({ tokens, costNanoUsd: tokens * 10 });
const held = {
  holder: 'h',
  windows: { day: '2026-03-01', month: '2026-03' },
  scopes: ['tenant', 'label:team=a'],
  amount: amountOf(100),
  leaseMs: 1,
  epoch: 'e',
  at,
};
const usage = { inputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 2 };
const debit = {
  ...usage,
  attempt: 1,
  at,
  amount: amountOf(90),
  reasoningTokens: 0,
  countedBy: 'assumed',
  implausible: false,
};
const corrected = (was: number, is: number): DomainEvent => ({
  type: 'BudgetAdjusted',
  data: { attempt: 1, was: amountOf(was), amount: amountOf(is), reason: 'invoice' },
});

test('what a budget has used follows corrections, in every scope and window of the reservation', async (t) => {
  const world = await projectionWorld(t);
  const process = await projector(t, world, [budgetUse], { definitions: eventTypes });
  const id = randomUUID() as GenerationId;
  const stream = streamOf(acme, 'generation', id);
  const tokens = async () => {
    await caughtUp(world, process, [budgetUse]);
    const around = await runAsTenant(acme, () =>
      process.views.read((tables: Parameters<typeof useAround>[0]) =>
        useAround(tables, acme, [id]),
      ),
    );
    return around.map(({ scope, window, used }) => [scope, window, used.tokens]);
  };
  const everywhere = (used: number) => [
    ['label:team=a', '2026-03', used],
    ['label:team=a', '2026-03-01', used],
    ['tenant', '2026-03', used],
    ['tenant', '2026-03-01', used],
  ];
  await append(world, stream, { type: 'BudgetReserved', data: held });
  await append(world, stream, [
    { type: 'BudgetDebited', data: debit },
    { type: 'GenerationCompleted', data: { attempt: 1 } },
    corrected(90, 20),
  ]);
  assert.deepEqual(await tokens(), everywhere(20));
  await append(world, stream, corrected(20, 35));
  assert.deepEqual(await tokens(), everywhere(35));
});
