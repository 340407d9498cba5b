import { Direction } from '#domain/compliance/finding.ts';
import type { Watching } from '#domain/compliance/matching/redacting.ts';

type Rules = Watching['rules'];

/** Rules by direction, made once and not for every text; none where all of them are allowed. */
export function inEveryDirection(
  rulesFor: (direction: Direction) => Rules,
): Partial<Record<Direction, Rules>> {
  const all = Direction.options.map((direction) => [direction, rulesFor(direction)] as const);
  return Object.fromEntries(
    all.filter(([, rules]) => rules.some(({ action }) => action !== undefined)),
  );
}
