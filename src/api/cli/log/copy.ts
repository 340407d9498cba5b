import type { Command } from 'commander';
import { type Progress, progressOn } from '#api/cli/progress.ts';
import { readConfig } from '#api/config.ts';
import type { ReadableLog } from '#infra/log/compare-logs.ts';
import { type Copied, copyLog, verifyCopy } from '#infra/log/copy-log.ts';
import { remoteLog } from '#infra/log/remote-log.ts';
import { isEventStoreUrl } from '#infra/eventstore/connection-string.ts';
import { ACCEPTED, logAt } from './log-at.ts';

type Flags = {
  readonly from: string;
  readonly to: string;
  readonly verifyOnly?: true;
  readonly json?: true;
};

export const copyCommand = (log: Command): void => {
  log
    .command('copy')
    .description(
      `copy a log into another: ${ACCEPTED}. The same events, ids and bytes, in the same order within ` +
        'each tenant. May be interrupted, and run again for what was added since. Keys stay in Postgres ' +
        'and are not part of a log. Afterwards run `palimpsest log adopt` on the new log',
    )
    .requiredOption('--from <url>', 'the log to be read')
    .requiredOption('--to <url>', 'the log to be written: empty, or an earlier copy')
    .option('--verify-only', 'write nothing: compare both from the first event')
    .option('--json', 'print JSON')
    .action(async (flags: Flags) => {
      const stream = flags.json ? process.stderr : process.stdout;
      const copied = await copy(flags, (counted) => progressOn(stream, counted));
      const { upTo, ...figures } = copied;
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ ...figures, upTo: String(upTo) })}\n`
          : `Both logs hold the same ${copied.events} events of ${copied.tenants} tenants; ${copied.copied} were copied now.\n`,
      );
    });
};

async function copy(
  { from, to, verifyOnly }: Flags,
  progressOf: (counted: string) => Progress,
): Promise<Copied> {
  const config = readConfig(process.env);
  await using original = await originalAt(from, to, config);
  const target = await logAt(to, config);
  try {
    const upTo = await original.log.head();
    const total = Number(upTo);
    const shown = { compared: progressOf('compared'), copied: progressOf('copied') };
    const counted = {
      compared: (events: number) => shown.compared.at(events, Math.max(total, events)),
      copied: (events: number) => shown.copied.at(events, Math.max(total, events)),
    };
    if (verifyOnly !== true) return await copyLog(original.log, target.log, counted);
    const verified = await verifyCopy(original.log, target.log, upTo, counted.compared);
    return { ...verified, copied: 0, upTo };
  } finally {
    await target.close();
  }
}

/** Where both are in EventStoreDB, another process reads the first. */
async function originalAt(from: string, to: string, config: ReturnType<typeof readConfig>) {
  const both = isEventStoreUrl(from) && isEventStoreUrl(to);
  const opened = both ? await remote(from) : await logAt(from, config);
  const log: ReadableLog = opened.log;
  return { log, [Symbol.asyncDispose]: async () => await opened.close() };
}

async function remote(url: string) {
  const log = await remoteLog(url);
  return { log, close: async () => await log.close() };
}
