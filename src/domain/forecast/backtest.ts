import { DAY, type Expert, type Hours, asLastWeek, asYesterday, sumOf } from './experts.ts';
import { expectedUse } from './forecast.ts';

/**
 * What was wrong, as a part of what was used: of the rest of each day, asked every six hours, as an
 * alert asks.
 */
export type Backtest = {
  readonly asked: number;
  readonly forecast: number;
  readonly yesterday: number;
  readonly lastWeek: number;
};

const EVERY = 6;

/** Forecasts the rest of each day from `from` on (an hour's index, at least 24), knowing what was before. */
export function backtest(hours: Hours, from = DAY): Backtest {
  const methods: readonly Expert[] = [expectedUse, asYesterday, asLastWeek];
  const wrong = methods.map(() => 0);
  let [asked, used] = [0, 0];
  for (let at = Math.max(DAY, from); at < hours.length; at += EVERY) {
    const left = Math.min(DAY - (at % DAY), hours.length - at);
    const was = sumOf(hours.slice(at, at + left));
    asked += 1;
    used += was;
    for (const [index, method] of methods.entries()) {
      wrong[index]! += Math.abs(sumOf(method(hours.slice(0, at), left)) - was);
    }
  }
  const [forecast, yesterday, lastWeek] = wrong.map((sum) => sum / Math.max(used, 1e-9));
  return { asked, forecast: forecast!, yesterday: yesterday!, lastWeek: lastWeek! };
}
