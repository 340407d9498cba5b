import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backtest } from '#domain/forecast/backtest.ts';
import { DAY } from '#domain/forecast/experts.ts';
import { expectedUse, outlookOf } from '#domain/forecast/forecast.ts';
import { kinds, seriesOf } from './series.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

for (const kind of kinds) {
  test(`the use of a ${kind} is forecast better than by yesterday, and than by last week`, (t) => {
    const from = kind === 'two-day-old tenant' ? 2 * DAY : 14 * DAY;
    const results = SEEDS.map((seed) => backtest(seriesOf(kind, seed), from));
    const meanOf = (key: 'forecast' | 'yesterday' | 'lastWeek') =>
      results.reduce((sum, result) => sum + result[key], 0) / results.length;
    const [forecast, yesterday, lastWeek] = [
      meanOf('forecast'),
      meanOf('yesterday'),
      meanOf('lastWeek'),
    ];
    const said = [forecast, yesterday, lastWeek].map((error) => error.toFixed(3));
    t.diagnostic(`wrong by ${said[0]}, yesterday ${said[1]}, last week ${said[2]}`);
    assert.ok(forecast < yesterday && forecast < lastWeek, said.join(' '));
  });
}

test('nine times in ten a day ends below what was said with nine parts in ten', () => {
  let [below, above, days] = [0, 0, 0];
  for (const seed of SEEDS) {
    const hours = seriesOf('steady week', seed);
    for (let at = 21 * DAY; at + DAY <= hours.length; at += DAY) {
      const was = hours.slice(at, at + DAY).reduce((sum, use) => sum + use, 0);
      const { p50, p90 } = outlookOf(hours.slice(0, at), { settled: 0, held: 0, hoursLeft: DAY });
      days += 1;
      if (was <= p90) below += 1;
      if (was <= p50) above += 1;
    }
  }
  assert.ok(below / days > 0.8 && below / days < 0.99, `${below} of ${days} below p90`);
  assert.ok(above / days > 0.35 && above / days < 0.65, `${above} of ${days} below p50`);
});

test('a budget is exhausted when what is settled, held and expected reaches it', () => {
  const hours = Array.from({ length: 14 * DAY }, () => 10);
  const now = { settled: 50, held: 30, hoursLeft: 20 };
  const { p50, p90, exhaustedIn } = outlookOf(hours, { ...now, cap: 130 });
  assert.equal(Math.round(p50), 280);
  assert.ok(p90 >= p50);
  assert.equal(Math.round(exhaustedIn ?? -1), 5);
  assert.equal(outlookOf(hours, { ...now, cap: 1_000 }).exhaustedIn, undefined);
  assert.equal(outlookOf(hours, { ...now, cap: 80 }).exhaustedIn, 0);
});

test('whoever never used anything is forecast to use nothing', () => {
  assert.deepEqual(expectedUse([], 3), [0, 0, 0]);
  assert.deepEqual(outlookOf([], { settled: 5, held: 2, hoursLeft: 9.5, cap: 10 }), {
    p50: 7,
    p90: 7,
    exhaustedIn: undefined,
  });
});

test('a part of an hour counts as a part', () => {
  const hours = Array.from({ length: 14 * DAY }, () => 10);
  const { p50 } = outlookOf(hours, { settled: 0, held: 0, hoursLeft: 2.5 });
  assert.equal(Math.round(p50), 25);
});
