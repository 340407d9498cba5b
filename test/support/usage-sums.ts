import type { TenantId } from '#domain/ids.ts';
import type { ChosenUsage, UsageBy } from '#projections/usage/usage-by.ts';

/** What one attempt was debited, or what a generation under way may still spend. */
export type Counted = {
  readonly tenant: TenantId;
  readonly tokens: bigint;
  readonly cost: bigint;
  readonly generation: string;
  readonly day: string;
  readonly member: string;
  readonly key: string;
};
type Line = Counted & { readonly isAssumed: boolean } & Readonly<
    Record<Exclude<UsageBy, 'label' | 'outcome'>, string>
  >;
export type Written = {
  readonly lines: Line[];
  readonly holds: Counted[];
  readonly outcomes: Map<string, string>;
  readonly labels: Map<string, readonly string[]>;
};

type Sum = [attempts: bigint, tokens: bigint, cost: bigint, assumed: bigint, assumedCost: bigint];

/** What the log comes to, as texts: the value, and then the sums. */
export function summed(
  { lines, outcomes, labels }: Written,
  tenant: TenantId,
  by: UsageBy,
  { of: unit, from, to, own, outcome, label, ...wanted }: ChosenUsage,
) {
  const outcomeOf = (line: Line) => outcomes.get(line.generation)!;
  const labelsOf = (line: Line) => labels.get(line.generation)!;
  const valuesOf = (line: Line): readonly string[] => {
    if (by === 'outcome') return [outcomeOf(line)];
    if (by !== 'label') return [line[by]];
    return labelsOf(line).length === 0 ? [''] : labelsOf(line);
  };
  const isIn = (line: Line) =>
    line.tenant === tenant &&
    (from === undefined || line[unit] >= from) &&
    (to === undefined || line[unit] < to) &&
    (own === undefined || line.member === own) &&
    (outcome === undefined || outcomeOf(line) === outcome) &&
    (label === undefined || labelsOf(line).includes(label)) &&
    (['member', 'model', 'document', 'key'] as const).every(
      (name) => wanted[name] === undefined || line[name] === wanted[name],
    );
  const sums = new Map<string, Sum>();
  const all: Sum = [0n, 0n, 0n, 0n, 0n];
  for (const line of lines.filter(isIn)) {
    const of = valuesOf(line).map((value) => {
      const sum: Sum = sums.get(value) ?? [0n, 0n, 0n, 0n, 0n];
      sums.set(value, sum);
      return sum;
    });
    for (const sum of [...of, all]) {
      sum[0] += 1n;
      sum[1] += line.tokens;
      sum[2] += line.cost;
      sum[3] += line.isAssumed ? 1n : 0n;
      sum[4] += line.isAssumed ? line.cost : 0n;
    }
  }
  const items = [...sums].map(([value, sum]) => [value].concat(sum.map(String)));
  return {
    items: items.toSorted(([a = ''], [b = '']) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    totals: all.map(String),
  };
}
