import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_FIGURE } from '#domain/budget/limits.ts';
import { windowsAt } from '#domain/budget/windows.ts';
import { type UsedSoFar, budgetOutlooks } from '#projections/usage/budget-outlooks.ts';
import { outlookOf } from '#domain/forecast/forecast.ts';

const each = { tokens: 60, costNanoUsd: 600 };
const hours = Array.from({ length: 14 * 24 }, () => each);
const use = (settled: number, held: number) => ({
  settled: { tokens: settled, costNanoUsd: settled * 10 },
  held: { tokens: held, costNanoUsd: held * 10 },
});
const used: UsedSoFar = { hours, windows: { day: use(100, 50), month: use(1_000, 50) } };

// Half an hour before midnight in Kolkata, whose clocks are half an hour beside those of UTC.
const now = new Date('2026-03-03T18:00:00Z');
const windows = windowsAt(now, { timeZone: 'Asia/Kolkata' });

test('each budget ends at what is settled, held and to come until its own window ends', () => {
  const [tokensPerDay, tokensPerMonth, costPerDay] = budgetOutlooks(used, {
    now,
    windows,
    limits: { tokensPerDay: 165, costPerDayNanoUsd: null },
  });
  assert.deepEqual(tokensPerDay, {
    budget: 'tokensPerDay',
    window: '2026-03-03',
    endsAt: new Date('2026-03-03T18:30:00Z'),
    limit: 165,
    settled: 100,
    held: 50,
    p50: 180,
    p90: 180,
    exhaustedAt: new Date('2026-03-03T18:15:00Z'),
  });
  const hoursOfMonth = 28 * 24 + 0.5;
  assert.equal(tokensPerMonth?.p50, 1_050 + 60 * hoursOfMonth);
  assert.equal(tokensPerMonth?.window, '2026-03');
  assert.equal(costPerDay?.p50, 1_800);
  assert.equal(costPerDay?.limit, null);
  assert.equal(costPerDay?.exhaustedAt, null);
});

test('what is held already exhausts a budget now, and an empty past forecasts what is known', () => {
  const [perDay] = budgetOutlooks(
    { ...used, hours: [] },
    { now, windows, limits: { tokensPerDay: 150 } },
  );
  assert.deepEqual([perDay?.p50, perDay?.p90, perDay?.exhaustedAt], [150, 150, now]);
});

test('a figure that no counter could hold is told as the largest one', () => {
  const vast = { tokens: 2 ** 52, costNanoUsd: 2 ** 52 };
  const outlooks = budgetOutlooks(
    { ...used, hours: hours.map(() => vast) },
    { now, windows, limits: {} },
  );
  assert.equal(outlooks[1]?.p50, MAX_FIGURE);
  assert.equal(outlooks[1]?.p90, MAX_FIGURE);
});

test('of the hour under way only what is left of it is to come', () => {
  // The hour under way is the busy one of every day.
  const days = Array.from({ length: 14 * 24 }, (_, hour) => (hour % 24 === 0 ? 100 : 0));
  const asked = { settled: 0, held: 0, hoursLeft: 0.25, hoursGone: 0.75, cap: 20 };
  const { p50, exhaustedIn } = outlookOf(days, asked);
  assert.equal(Math.round(p50), 25);
  assert.equal(exhaustedIn?.toFixed(3), '0.200');
  const later = outlookOf(days, { ...asked, hoursLeft: 10 });
  assert.equal(Math.round(later.p50), 25);
});
