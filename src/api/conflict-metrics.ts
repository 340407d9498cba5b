import { Counter, type Registry } from 'prom-client';
import type { Views } from '#infra/postgres/projections/views.ts';
import { type ConflictTotals, conflictTotals } from '#projections/conflict-counts.ts';

/**
 * How often edits met. The numbers are those of the view, where every edit is counted once: they
 * outlive this process, and every process tells the same ones. No label grows with tenants.
 */
export function observeConflicts(
  metrics: Registry,
  { readEveryTenant }: Pick<Views, 'readEveryTenant'>,
): void {
  const edits = new Counter({
    name: 'palimpsest_document_edits_total',
    help: 'Edits of documents, of all processes together.',
    registers: [metrics],
    collect: async () => {
      const { edits: count } = await look();
      edits.reset();
      edits.inc(count);
    },
  });
  const conflicts = new Counter({
    name: 'palimpsest_document_conflicts_total',
    help: 'Edits that met others, neither author having seen the other, by the kind of conflict.',
    labelNames: ['kind'],
    registers: [metrics],
    collect: async () => {
      const { edits: _, ...kinds } = await look();
      conflicts.reset();
      for (const [kind, count] of Object.entries(kinds)) conflicts.inc({ kind }, count);
    },
  });
  // One look for both, so that their quotient is of one moment. With the database down the last
  // known stay.
  let last: ConflictTotals = { edits: 0, words: 0, deleted: 0, split: 0, moved: 0, title: 0 };
  let looking: Promise<ConflictTotals> | undefined;
  const look = () => {
    looking ??= readEveryTenant(conflictTotals)
      .then((now) => (last = now))
      .catch(() => last)
      .finally(() => (looking = undefined));
    return looking;
  };
}
