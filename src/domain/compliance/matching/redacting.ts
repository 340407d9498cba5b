import type { FilterAction, Finding, Outcome, RuleId } from '#domain/compliance/finding.ts';
import type { Sighting, Watch } from './watch.ts';

export const REDACTED = '[redacted]';

/** What a rule is called, and what the policy does where it applies. */
type Ruled = { readonly rule: RuleId; readonly action: FilterAction };
export type Watching = { readonly watch: Watch; readonly rules: readonly Ruled[] };

/** A sighting on its way to a finding, and which of all rules it is of. */
type Pending = Sighting & { readonly order: number };

export type Redacting = {
  next(piece: string): string;
  end(): string;
  isBlocked(): boolean;
  /** Until now, by start. */
  findings(): Finding[];
  outcome(): Outcome;
};

/**
 * Redacts and blocks one text while it comes. Sightings take effect in the order of where they
 * start, once nothing can start before them: so the outcome does not depend on how the text was
 * cut. Where they overlap or touch, all that they cover is one redaction. A text ends at the first sighting
 * that blocks it.
 */
export function redacting(watching: readonly Watching[]): Redacting {
  const rules = watching.flatMap((one) => one.rules);
  const firstOrder: number[] = [];
  let orders = 0;
  for (const one of watching) {
    firstOrder.push(orders);
    orders += one.rules.length;
  }
  const found: Finding[] = [];
  /** The last finding of each rule, which its next sighting may continue. */
  const newest = new Map<number, number>();
  let pending: Pending[] = [];
  let held = '';
  /** Where `held` begins, and up to where text is covered by redactions. */
  let base = 0;
  let covered = -1;
  let blockedAt: number | undefined;

  const before = (a: Pending, b: Pending): number =>
    a.start - b.start || blocksFirst(a, b) || a.order - b.order;
  const blocks = ({ order }: Pending): boolean => rules[order]!.action === 'block';
  const blocksFirst = (a: Pending, b: Pending): number => Number(blocks(b)) - Number(blocks(a));

  const take = (to: number): string => {
    const shown = held.slice(Math.max(0, covered - base), Math.max(0, to - base));
    const gone = Math.max(0, to - base);
    held = held.slice(gone);
    base += gone;
    return shown;
  };

  const apply = (sighting: Pending): string => {
    const { order, start, end, continues } = sighting;
    if (continues === true) {
      const index = newest.get(order)!;
      found[index] = { ...found[index]!, end };
      covered = Math.max(covered, end);
      return '';
    }
    const text = take(start);
    newest.set(order, found.length);
    found.push({ ...rules[order]!, start, end });
    if (blocks(sighting)) {
      blockedAt = start;
      return text;
    }
    const mark = start > covered ? REDACTED : '';
    covered = Math.max(covered, end);
    return text + mark;
  };

  const pass = (sightings: readonly Pending[], isEnd: boolean): string => {
    if (blockedAt !== undefined) return '';
    const decided = Math.min(base + held.length, ...watching.map(({ watch }) => watch.decidedTo()));
    if (sightings.length > 0) pending = [...pending, ...sightings].sort(before);
    let text = '';
    let applied = 0;
    for (const sighting of pending) {
      if (sighting.start >= decided && !isEnd) break;
      text += apply(sighting);
      applied += 1;
      if (blockedAt !== undefined) return text;
    }
    pending = pending.slice(applied);
    return text + take(isEnd ? base + held.length : wholeCharacters(decided));
  };

  /** Half a character would be a broken one to whoever decodes this piece alone. */
  const wholeCharacters = (to: number): number => {
    const last = held.charCodeAt(to - base - 1);
    return last >= 0xd800 && last < 0xdc00 ? to - 1 : to;
  };

  const ask = (one: (watch: Watch) => Sighting[]): Pending[] =>
    watching.flatMap(({ watch }, index) =>
      one(watch).map((sighting) =>
        Object.assign({}, sighting, { order: firstOrder[index]! + sighting.rule }),
      ),
    );

  return {
    next: (piece) => {
      if (blockedAt !== undefined) return '';
      held += piece;
      return pass(
        ask((watch) => watch.next(piece)),
        false,
      );
    },
    end: () =>
      pass(
        ask((watch) => watch.end()),
        true,
      ),
    isBlocked: () => blockedAt !== undefined,
    // What continued behind the place where the text ends depends on how far it was read.
    findings: () =>
      blockedAt === undefined ? [...found] : found.map((one) => cutAt(blockedAt!, one)),
    outcome: () => {
      if (blockedAt !== undefined) return 'blocked';
      return found.length > 0 ? 'redacted' : 'passed';
    },
  };
}

const cutAt = (end: number, finding: Finding): Finding =>
  finding.action === 'block' ? finding : { ...finding, end: Math.min(end, finding.end) };
