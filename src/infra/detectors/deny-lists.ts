import type { QuickDetector } from '#commands/filter/detector-port.ts';
import { phraseList } from '#domain/compliance/phrases/phrase-list.ts';
import { watchPhrases } from '#domain/compliance/phrases/watch-phrases.ts';
import {
  type PolicyInForce,
  denyLists,
  forbidding,
} from '#domain/compliance/policy/rules-in-force.ts';
import { inEveryDirection } from './in-every-direction.ts';

/** Words and phrases of a tenant's own lists. The trees are made here, once per version of them. */
export function denyListDetector(policies: readonly PolicyInForce[]): QuickDetector {
  const lists = denyLists(policies);
  const acting = inEveryDirection(
    (direction) =>
      lists.flatMap(({ rule, phrases, actions }) => {
        const action = forbidding(actions, direction);
        return action === undefined ? [] : [{ rule, action, phrases }];
      }),
    (all) => ({
      rules: all.map(({ rule, action }) => ({ rule, action })),
      list: phraseList(all.map(({ phrases }) => phrases)),
    }),
  );
  return {
    version: 'deny-lists-1',
    watch: (direction) => {
      const found = acting[direction];
      return found && { rules: found.rules, watch: watchPhrases(found.list) };
    },
  };
}
