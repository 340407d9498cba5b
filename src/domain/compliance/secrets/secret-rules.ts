import type { RuleId } from '#domain/compliance/finding.ts';
import { assignedValues } from './assigned-values.ts';
import { keysAndAddresses } from './keys-and-addresses.ts';
import { prefixedTokens } from './prefixed-tokens.ts';

/** Counts up with every change that can make another verdict. */
export const SECRETS_VERSION = 'secrets-1';

const shapes = { ...keysAndAddresses, ...prefixedTokens, ...assignedValues };

export const secrets = Object.entries(shapes).map(([name, shape]) => ({
  rule: `secret/${name}` as RuleId,
  shape,
}));
export const secretRules: readonly RuleId[] = secrets.map(({ rule }) => rule);
