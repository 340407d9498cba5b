import { Direction } from '#domain/compliance/finding.ts';

/**
 * What is made of the rules that act in a direction, made once and not for every text. Rules that
 * are allowed there are left out whole: they must not hold a text back either.
 */
export function inEveryDirection<Rule, Made>(
  rulesFor: (direction: Direction) => readonly Rule[],
  make: (rules: readonly Rule[]) => Made,
): Partial<Record<Direction, Made>> {
  const all = Direction.options.map((direction) => [direction, rulesFor(direction)] as const);
  return Object.fromEntries(
    all
      .filter(([, rules]) => rules.length > 0)
      .map(([direction, rules]) => [direction, make(rules)]),
  );
}
