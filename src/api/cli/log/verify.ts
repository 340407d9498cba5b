import type { Command } from 'commander';
import { type Progress, progressOn } from '#api/cli/progress.ts';
import { checkEvents } from '#api/cli/verify/check-events.ts';
import { checkStreams } from '#api/cli/verify/check-streams.ts';
import { type CheckedView, checkView } from '#api/cli/verify/check-views.ts';
import { type Finding, Findings } from '#api/cli/verify/findings.ts';
import { everyView } from '#api/every-view.ts';
import { type OpenedLog, withLog } from '#api/cli/with-log.ts';
import { bodyCheck } from '#infra/crypto/body-check.ts';
import { projectionOpener } from '#infra/crypto/open-events.ts';
import { masterKeyOf } from '#infra/crypto/master-key.ts';
import { snapshotRevisions } from '#infra/postgres/snapshot-revisions.ts';
import { postgresSnapshotStore } from '#infra/postgres/snapshot-store.ts';
import { systemIds } from '#infra/system/ids.ts';

export const verifyCommand = (log: Command): void => {
  log
    .command('verify')
    .description(
      'replay every stream from event 0 and compare with snapshots and read models; fails when anything differs',
    )
    .option('--json', 'print the outcome as JSON')
    .action(async ({ json }: { json?: true }) => {
      const stream = json ? process.stderr : process.stdout;
      const outcome = await withLog((opened) =>
        verify(opened, (counted) => progressOn(stream, counted)),
      );
      process.stdout.write(`${json ? JSON.stringify(outcome) : inWords(outcome)}\n`);
      if (!outcome.whole) process.exitCode = 1;
    });
};

export type Verified = {
  readonly whole: boolean;
  readonly logId: string;
  /** Everything up to here was verified. */
  readonly position: string;
  readonly streams: number;
  readonly snapshots: number;
  readonly views: readonly CheckedView[];
  readonly problems: number;
  readonly first: readonly Finding[];
};

/** Says what differs and changes nothing; servers may run meanwhile. */
export async function verify(
  { home, log, keyStore, sealer, clock }: OpenedLog,
  progressOf: (counted: string) => Progress,
): Promise<Verified> {
  const { database, masterKey } = home;
  const findings = new Findings();
  const position = await log.head();
  const snapshots = postgresSnapshotStore(database);
  const shown = async <T>(counted: string, work: (progress: Progress) => Promise<T>) => {
    const progress = progressOf(counted);
    const result = await work(progress);
    progress.end();
    return result;
  };

  const bodies = bodyCheck({
    store: keyStore,
    master: masterKeyOf(masterKey),
    random: (count) => systemIds.bytes(count),
    clock,
    ttlMs: 60_000,
    maxKeys: 20_000,
  });
  // Where positions have holes, they are what is counted, not events.
  const unit = log.isGapFree ? 'events' : 'positions';
  const tips = await shown(`${unit} read`, (progress) =>
    checkEvents(log, bodies, position, findings, progress),
  );

  const snapshotsOf = snapshotRevisions.bind(undefined, database);
  const ports = { log, sealer, snapshots, snapshotsOf, findings };
  const replayed = await shown('events replayed', (progress) =>
    checkStreams(ports, tips, progress),
  );

  const views: CheckedView[] = [];
  const viewPorts = { database, log, open: projectionOpener(sealer), findings };
  // Folds of its own for every view: what is checked must not come from what was folded before.
  for (const projection of everyView({ log, sealer, snapshots: withoutSnapshots, clock })) {
    const view = await shown(`${unit} into ${projection.name}`, (progress) =>
      checkView(viewPorts, projection, progress),
    );
    if (view) views.push(view);
  }

  const { count, first } = findings;
  const { logId } = log;
  return {
    whole: count === 0,
    logId,
    position: String(position),
    ...replayed,
    views,
    problems: count,
    first,
  };
}

/** A rebuild from events alone. */
const withoutSnapshots = { load: async () => undefined, save: async () => undefined };

function inWords({
  whole,
  position,
  streams,
  snapshots,
  views,
  problems,
  first,
}: Verified): string {
  if (whole) {
    return `The log is whole up to position ${position}: ${streams} streams replayed, ${snapshots} snapshots and ${views.length} views compared.`;
  }
  const lines = first.map(({ check, where, what }) => `${check}: ${where}: ${what}`);
  return [`${problems} problems were found. The first:`, ...lines].join('\n');
}
