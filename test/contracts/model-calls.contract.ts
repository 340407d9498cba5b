import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ModelCalls } from '#commands/generation/model-calls.ts';
import { CALL_SLICES, CALL_SLICE_MS } from '#domain/breaker/call-figures.ts';
import type { ModelId, ProviderId } from '#domain/ids.ts';
import { type ManualClock, manualClock } from '#test/support/manual-clock.ts';

/** What every adapter of the figures of calls must do. */
export function modelCallsContract(
  name: string,
  start: (t: TestContext, clock: ManualClock) => Promise<ModelCalls>,
): void {
  const at = {
    model: `model-${process.pid}-${name.replaceAll(' ', '-')}` as ModelId,
    provider: 'openai' as ProviderId,
  };

  test(`${name}: calls are counted by model, with times up to a bound, until they are forgotten`, async (t) => {
    const clock = manualClock();
    const calls = await start(t, clock);
    const none = { calls: 0, failed: 0, p50Ms: undefined, p95Ms: undefined };
    assert.deepEqual(await calls.of(at), none);
    for (let times = 0; times < 9; times += 1)
      calls.record(at, { health: 'succeeded', tookMs: 90 });
    calls.record(at, { health: 'succeeded', tookMs: 4_000 });
    calls.record(at, { health: 'failed', tookMs: 9_000 });
    calls.record(at, { health: 'unknown', tookMs: 9_000 });
    const counted = { calls: 11, failed: 1, p50Ms: 100, p95Ms: 5_000 };
    assert.deepEqual(await calls.of(at), counted);
    assert.deepEqual(await calls.of({ ...at, provider: 'other' as ProviderId }), none);
    await clock.advance(CALL_SLICE_MS);
    calls.record(at, { health: 'failed', tookMs: 1 });
    assert.deepEqual(await calls.of(at), { ...counted, calls: 12, failed: 2 });
    await clock.advance(CALL_SLICE_MS * (CALL_SLICES - 1));
    assert.deepEqual(await calls.of(at), { ...none, calls: 1, failed: 1 });
    await clock.advance(CALL_SLICE_MS);
    assert.deepEqual(await calls.of(at), none);
  });
}
