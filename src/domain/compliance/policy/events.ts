import { z } from 'zod';
import { type Direction, RuleId } from '#domain/compliance/finding.ts';
import { foldText } from '#domain/compliance/phrases/fold.ts';
import { secretRules } from '#domain/compliance/secrets/secret-rules.ts';
import { type EventOf, defineEvent, plain } from '#domain/event.ts';
import { PolicyId } from '#domain/ids.ts';

// Stored for ever: add fields (optional ones), never rename or remove them. Plain: which rules held
// at which time must be readable as long as what was judged by them.

const action = z.enum(['allow', 'redact', 'block']).optional();
/** A direction that is not named is allowed. */
const Actions = z.object({
  prompt: action,
  context: action,
  answer: action,
  edit: action,
} satisfies Record<Direction, typeof action>);
export type Actions = z.infer<typeof Actions>;

/** Keys, tokens and passwords of known shapes. */
const Secrets = z.object({
  detector: z.literal('secrets'),
  actions: Actions,
  /** Rules that act otherwise in some directions, e.g. `secret/json-web-token`. */
  exceptions: z
    .array(z.object({ rule: RuleId, actions: Actions }))
    .max(100)
    .optional(),
});

const Phrase = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine((text) => foldText(text).plain !== '', 'something that can be seen');

/** Words and phrases that are not to be said, however they are spelt. */
const DenyList = z.object({
  detector: z.literal('deny-list'),
  /** A flag names the list, never the phrase. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,38}$/, 'a slug of at most 39 characters'),
  phrases: z.array(Phrase).min(1).max(10_000),
  actions: Actions,
});

/** As it is stored: rules that there are no longer stay readable. */
export const DetectorSettings = z.discriminatedUnion('detector', [Secrets, DenyList]);
export type DetectorSettings = z.infer<typeof DetectorSettings>;

/** A policy as it is published: each detector by itself, each deny list under a name of its own. */
export const PolicyDetectors = z
  .array(DetectorSettings)
  .max(20)
  .refine((all) => new Set(all.map(nameOf)).size === all.length, 'each detector and list once')
  .refine((all) => all.every(namesRulesThatAre), 'each exception names a rule that there is');

const nameOf = (settings: DetectorSettings): string =>
  settings.detector === 'deny-list' ? `deny-list ${settings.name}` : settings.detector;

function namesRulesThatAre(settings: DetectorSettings): boolean {
  if (settings.detector !== 'secrets') return true;
  return (settings.exceptions ?? []).every(({ rule }) => secretRules.includes(rule));
}

export const policyEvents = {
  PolicyPublished: defineEvent({
    kind: 'policy',
    version: 1,
    schema: z.object({
      policyId: PolicyId,
      /** Counts from 1. */
      version: z.int().min(1),
      detectors: z.array(DetectorSettings),
    }),
    subject: plain,
  }),
  /** It is in force no longer; it can be published again. */
  PolicyWithdrawn: defineEvent({
    kind: 'policy',
    version: 1,
    schema: z.object({ policyId: PolicyId }),
    subject: plain,
  }),
};

export type PolicyEvent = EventOf<typeof policyEvents>;
