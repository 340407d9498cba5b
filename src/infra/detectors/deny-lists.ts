import type { QuickDetector } from '#commands/filter/detector-port.ts';
import { phraseList } from '#domain/compliance/phrases/phrase-list.ts';
import { watchPhrases } from '#domain/compliance/phrases/watch-phrases.ts';
import {
  type PolicyInForce,
  denyLists,
  forbidding,
} from '#domain/compliance/policy/rules-in-force.ts';
import { inEveryDirection } from './in-every-direction.ts';

/** Words and phrases of a tenant's own lists. The tree is made here, once per version of them. */
export function denyListDetector(policies: readonly PolicyInForce[]): QuickDetector {
  const lists = denyLists(policies);
  const phrases = phraseList(lists.map((one) => one.phrases));
  const rulesIn = inEveryDirection((direction) =>
    lists.map(({ rule, actions }) => ({ rule, action: forbidding(actions, direction) })),
  );
  return {
    version: 'deny-lists-1',
    watch: (direction) => {
      const rules = rulesIn[direction];
      return rules && { rules, watch: watchPhrases(phrases) };
    },
  };
}
