import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { meteredAdmission, meteredBooks } from '#api/generations/admission-metrics.ts';
import { AdmissionUnavailable } from '#commands/admission.ts';
import type { TenantId } from '#domain/ids.ts';
import { memoryAdmission } from '#infra/memory/admission/admission.ts';
import { systemIds } from '#infra/system/ids.ts';
import { memoryBudgetLog } from '#test/support/budget-log.ts';
import { amountOf, named, reservation, windowIds } from '#test/support/budget.ts';
import { manualClock } from '#test/support/manual-clock.ts';

const acme = 'acme' as TenantId;

test('what became of admissions is counted, without a word of whose they were', async () => {
  const registry = new Registry();
  const log = memoryBudgetLog();
  const books = meteredBooks(log.books, registry);
  const admission = meteredAdmission(
    memoryAdmission({ clock: manualClock(), ids: systemIds, books }),
    registry,
  );
  const one = reservation(acme, 'a', amountOf(10, 70), { tokensPerDay: 15 });
  const held = await admission.reserve(one);
  assert.ok(held.status === 'held');
  log.reserved(one, held);
  await admission.reserve(reservation(acme, 'b', amountOf(10), { tokensPerDay: 15 }));
  await admission.settle(named(one), amountOf(12, 60));
  log.ended(one.id, { status: 'settled', amount: amountOf(10, 61) });
  await admission.compare(acme, windowIds.slice(0, 1));

  const shown = await registry.metrics();
  const lines = shown.split('\n').filter((line) => /^\w+(_total|_count)\b/.test(line));
  assert.deepEqual(lines.toSorted(), [
    'palimpsest_admission_drift_total{of="nano_usd"} 1',
    'palimpsest_admission_drift_total{of="tokens"} 2',
    'palimpsest_admission_epochs_total 1',
    'palimpsest_admission_refusals_total{limit="tokensPerDay"} 1',
    'palimpsest_admission_step_seconds_count{step="reserve",outcome="held"} 1',
    'palimpsest_admission_step_seconds_count{step="reserve",outcome="refused"} 1',
    'palimpsest_admission_step_seconds_count{step="settle",outcome="settled"} 1',
  ]);
  assert.doesNotMatch(shown, /acme|holder-1/);
});

test('counters that cannot be built admit nobody, and that is counted', async () => {
  const registry = new Registry();
  const books = {
    ...memoryBudgetLog().books,
    beginEpoch: () => Promise.reject(new AdmissionUnavailable('the log cannot be reached')),
  };
  const clock = manualClock();
  const admission = meteredAdmission(memoryAdmission({ clock, ids: systemIds, books }), registry);
  await assert.rejects(
    admission.reserve(reservation(acme, 'a', amountOf(1))),
    AdmissionUnavailable,
  );
  assert.match(await registry.metrics(), /_count\{step="reserve",outcome="unavailable"\} 1\n/);
});
