import type { ChangesApplied } from '#domain/document/events.ts';
import type { LivingDocument } from '#domain/document/state.ts';

/** What is remembered of merges, after an event whose changes begin at this place of the ledger. */
export function mergesWith(
  merges: LivingDocument['merges'],
  { merged, group, changes }: ChangesApplied,
  start: number,
  revision: number,
): LivingDocument['merges'] {
  if (merged === undefined) return merges;
  const last = merges.get(merged.branch);
  const end = start + changes.length;
  // A large merge is several events, which share its group.
  const merge =
    last?.group === group
      ? { ...last, revision, carried: last.carried + merged.carried, end }
      : {
          group,
          revision,
          since: last?.end ?? merged.began,
          start,
          carried: start + merged.carried,
          end,
        };
  return new Map(merges).set(merged.branch, merge);
}
