import type { TenantId } from '#domain/ids.ts';
import type { UsageBy, UsageRange } from '#projections/usage/usage-by.ts';

type Line = {
  readonly tenant: TenantId;
  readonly tokens: bigint;
  readonly cost: bigint;
  readonly generation: string;
} & Readonly<Record<Exclude<UsageBy, 'label' | 'outcome'>, string>>;
export type Written = {
  readonly lines: Line[];
  /** What generations under way may still spend. */
  readonly holds: { readonly tenant: TenantId; readonly day: string; readonly cost: bigint }[];
  readonly outcomes: Map<string, string>;
  readonly labels: Map<string, readonly string[]>;
};

/** What the log comes to, as texts: value, attempts, tokens, cost. */
export function summed(
  { lines, outcomes, labels }: Written,
  tenant: TenantId,
  by: UsageBy,
  range: UsageRange,
) {
  const valuesOf = (line: Line): readonly string[] => {
    if (by === 'outcome') return [outcomes.get(line.generation)!];
    if (by !== 'label') return [line[by]];
    const of = labels.get(line.generation)!;
    return of.length === 0 ? [''] : of;
  };
  const isIn = (line: Line) =>
    line.tenant === tenant &&
    (range.from === undefined || line[range.of] >= range.from) &&
    (range.to === undefined || line[range.of] < range.to);
  const sums = new Map<string, [bigint, bigint, bigint]>();
  const all: [bigint, bigint, bigint] = [0n, 0n, 0n];
  for (const line of lines.filter(isIn)) {
    const of = valuesOf(line).map((value) => {
      const sum = sums.get(value) ?? [0n, 0n, 0n];
      sums.set(value, sum);
      return sum;
    });
    for (const sum of [...of, all]) {
      sum[0] += 1n;
      sum[1] += line.tokens;
      sum[2] += line.cost;
    }
  }
  const items = [...sums].map(([value, sum]) => [
    value,
    String(sum[0]),
    String(sum[1]),
    String(sum[2]),
  ]);
  return {
    items: items.toSorted(([a = ''], [b = '']) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    totals: all.map(String),
  };
}
