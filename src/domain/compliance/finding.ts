import { z } from 'zod';

/** Where a text comes from: `context` is what enrichment adds to a prompt, `edit` a person's typing. */
export const Direction = z.enum(['prompt', 'context', 'answer', 'edit']);
export type Direction = z.infer<typeof Direction>;

/** What a policy has done with a finding. A finding that it allows is no finding. */
export const FilterAction = z.enum(['redact', 'block']);
export type FilterAction = z.infer<typeof FilterAction>;

/** `secret/github-token`, `deny/project-names`: the detector, and the rule by its own name. */
export const RuleId = z
  .string()
  .regex(/^[a-z][a-z0-9-]*\/[a-z0-9][a-z0-9.-]{0,99}$/, 'a detector and a rule, e.g. deny/names')
  .brand<'RuleId'>();
export type RuleId = z.infer<typeof RuleId>;

/**
 * One place where a rule applies. Offsets are UTF-16 code units of the text as it came in; never the
 * characters themselves, because findings are shown to people who may not read the text.
 */
export type Finding = {
  readonly rule: RuleId;
  readonly action: FilterAction;
  readonly start: number;
  /** Behind the last unit. */
  readonly end: number;
  /** 0 to 1, from detectors that are not sure. */
  readonly score?: number | undefined;
};

/** `flagged`: found when it was too late to take anything out. */
export type Outcome = 'passed' | 'flagged' | 'redacted' | 'blocked';

export type Verdict = {
  readonly outcome: Outcome;
  /** By start. A text is read up to the first finding that blocks it. */
  readonly findings: readonly Finding[];
  /** Detectors that did not answer in their time, where the policy goes on without them. */
  readonly late: readonly string[];
  /** Of the detectors and the policies: the same version finds the same in the same text. */
  readonly filterVersion: string;
};
