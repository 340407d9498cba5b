/** What one system got, in every round. */
export type Figures = { readonly system: string; readonly values: readonly number[] };

export type Row = {
  readonly measure: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  readonly figures: readonly Figures[];
  /** What Palimpsest set itself, for orientation. */
  readonly target?: string;
  readonly notes?: readonly string[];
};

export type Contender<Result> = { readonly system: string; readonly run: () => Promise<Result> };

/** Takes turns, each round beginning with another one, so that the machine's moods meet everybody. */
export async function inTurns<Result>(
  rounds: number,
  contenders: readonly Contender<Result>[],
): Promise<{ readonly system: string; readonly values: readonly Result[] }[]> {
  const values = contenders.map((): Result[] => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const index = (round + turn) % contenders.length;
      values[index]!.push(await contenders[index]!.run());
    }
  }
  return contenders.map(({ system }, index) => ({ system, values: values[index]! }));
}

/** How many times a second `work` ends when so many run at once, for so long. */
export async function rateOf(
  inFlight: number,
  seconds: number,
  work: (worker: number) => Promise<unknown>,
): Promise<number> {
  const began = performance.now();
  const until = began + seconds * 1_000;
  let done = 0;
  const worker = async (index: number) => {
    while (performance.now() < until) {
      await work(index);
      done++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, index) => worker(index)));
  return (1_000 * done) / (performance.now() - began);
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? (high + (sorted[middle - 1] ?? high)) / 2 : high;
}
