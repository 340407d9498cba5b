import { DAY, WEEK } from '#domain/forecast/experts.ts';
import { type Random, seededRandom } from '#test/support/random.ts';

/** Office hours of a working week, and a little at all other times. */
function shape(hour: number): number {
  const [day, clock] = [Math.floor(hour / DAY) % 7, hour % DAY];
  const office =
    Math.exp(-(((clock - 11) / 2.5) ** 2)) + 0.8 * Math.exp(-(((clock - 15) / 2) ** 2));
  return (day < 5 ? office : office * 0.15) + 0.03;
}

/** Of mean 1, never negative, with a long tail. */
const noise = (random: Random, spread: number): number =>
  Math.exp(spread * (random.next() + random.next() + random.next() - 1.5) * 2 - spread ** 2 / 2);

type Make = (random: Random, hour: number) => number;

const series = {
  'steady week': { weeks: 6, of: (random, hour) => 1_000 * shape(hour) * noise(random, 0.35) },
  growth: {
    weeks: 6,
    of: (random, hour) => 1_000 * 1.15 ** (hour / WEEK) * shape(hour) * noise(random, 0.35),
  },
  bursts: {
    weeks: 6,
    of: (random, hour) =>
      1_000 *
      shape(hour) *
      noise(random, 0.4) *
      (random.next() < 0.03 ? 2 + 10 * random.next() : 1),
  },
  'holiday gap': {
    weeks: 7,
    of: (random, hour) => {
      const week = hour / WEEK;
      const isHoliday = week >= 4 && week < 5.5;
      return 1_000 * shape(hour) * noise(random, 0.35) * (isHoliday ? 0.08 : 1);
    },
  },
  'two-day-old tenant': {
    weeks: 4 / 7,
    of: (random, hour) => 1_000 * shape(hour) * noise(random, 0.5),
  },
} satisfies Record<string, { readonly weeks: number; readonly of: Make }>;

export const kinds = Object.keys(series) as (keyof typeof series)[];

export function seriesOf(kind: keyof typeof series, seed: number): readonly number[] {
  const random = seededRandom(seed);
  const { weeks, of } = series[kind];
  return Array.from({ length: Math.round(weeks * WEEK) }, (_, hour) => of(random, hour));
}
