import type { RuleId } from '#domain/compliance/finding.ts';
import { indexShapes } from '#domain/compliance/matching/watch-shapes.ts';
import { assignedValues } from './assigned-values.ts';
import { keysAndAddresses } from './keys-and-addresses.ts';
import { prefixedTokens } from './prefixed-tokens.ts';

/** Counts up with every change that can make another verdict. */
export const SECRETS_VERSION = 'secrets-1';

const all = Object.entries({ ...keysAndAddresses, ...prefixedTokens, ...assignedValues });

export const secretRules: readonly RuleId[] = all.map(([name]) => `secret/${name}` as RuleId);
export const secretShapes = all.map(([, shape]) => shape);
export const secretIndex = indexShapes(secretShapes);
