import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { breakerChanges } from '#api/generations/breaker-metrics.ts';
import { breakerSettings } from '#domain/breaker/breaker.ts';
import type { AttemptAt } from '#domain/generation/events.ts';
import { memoryBreakers } from '#infra/memory/breakers.ts';
import { manualClock } from '#test/support/manual-clock.ts';

test('a breaker that opens and probes is counted, whatever else is known of the attempt', async () => {
  const metrics = new Registry();
  const clock = manualClock();
  const breakers = memoryBreakers({ clock, changed: breakerChanges(metrics) });
  const at = { model: 'gpt-5-mini', provider: 'openai', priceVersion: 3 } as AttemptAt;
  for (let calls = 0; calls < breakerSettings.minCalls; calls += 1) {
    const permit = await breakers.acquire(at);
    assert.ok(permit);
    await breakers.record(at, permit, 'failed');
  }
  await clock.advance(breakerSettings.openMs);
  assert.ok(await breakers.acquire(at));
  const counted = await metrics.metrics();
  for (const to of ['open', 'half-open']) {
    const labels = `{provider="openai",model="gpt-5-mini",to="${to}"}`;
    assert.ok(counted.includes(`palimpsest_breaker_changes_total${labels} 1`), counted);
  }
});
