import { z } from 'zod';
import { Direction, FilterAction, type Finding, RuleId, type Verdict } from './finding.ts';

const MOST_FINDINGS = 100;

/**
 * The data of `FlagRaised`, on the stream of the generation or document that the text belongs to.
 * Rules and places only, and no hash of what stood there: that of a short word can be guessed.
 *
 * Stored for ever: add fields (optional ones), never rename or remove them.
 */
export const FlagRaisedData = z.object({
  direction: Direction,
  /** Which text of several: `messages/3`, `passages/0`, `text`, `tool-calls/0`. */
  place: z.string().max(100),
  /** `passed`: nothing was found, and a detector did not answer in time. */
  outcome: z.enum(['passed', 'flagged', 'redacted', 'blocked']),
  filterVersion: z.string(),
  findings: z
    .array(
      z.object({
        rule: RuleId,
        action: FilterAction,
        /** UTF-16 code units of the text before it was filtered. */
        start: z.int().min(0),
        end: z.int().min(0),
        score: z.number().min(0).max(1).optional(),
      }),
    )
    .max(MOST_FINDINGS),
  /** All of them: a text that is nothing but secrets must not make an event of a megabyte. */
  found: z.int().min(0),
  late: z.array(z.string()).optional(),
});
export type FlagRaisedData = z.infer<typeof FlagRaisedData>;

/** `undefined` where there is nothing to tell. */
export function flagFrom(
  direction: Direction,
  place: string,
  { outcome, findings, late, filterVersion }: Verdict,
): FlagRaisedData | undefined {
  if (outcome === 'passed' && late.length === 0) return undefined;
  return {
    direction,
    place,
    outcome,
    filterVersion,
    findings: mostTelling(findings),
    found: findings.length,
    ...(late.length > 0 && { late: [...late] }),
  };
}

/** The first ones, and always the last, which is the one that blocked. */
const mostTelling = (findings: Verdict['findings']): Finding[] =>
  findings.length <= MOST_FINDINGS
    ? [...findings]
    : [...findings.slice(0, MOST_FINDINGS - 1), findings.at(-1)!];
