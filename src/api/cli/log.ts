import { type Command, InvalidArgumentError } from 'commander';
import type { TenantId } from '#domain/ids.ts';
import { adoptCommand } from './log/adopt.ts';
import { copyCommand } from './log/copy.ts';
import { exportLog } from './log/export.ts';
import { tail, tailJson, tailText } from './log/tail.ts';
import { verifyCommand } from './log/verify.ts';
import { progressOn, silent } from './progress.ts';
import { tenantFrom } from './tenant-from.ts';
import { withLog } from './with-log.ts';

export const logCommand = (program: Command): void => {
  const log = program.command('log').description('read, export, verify and move the event log');
  tailCommand(log);
  exportCommand(log);
  verifyCommand(log);
  copyCommand(log);
  adoptCommand(log);
};

type TailFlags = {
  readonly tenant?: TenantId;
  readonly types?: readonly string[];
  readonly lines: number;
  readonly follow?: true;
  readonly json?: true;
};

function tailCommand(log: Command): void {
  log
    .command('tail')
    .description('show the last events, without what is in them')
    .option('--tenant <id>', 'of this tenant only', tenantFrom)
    .option('--types <types>', 'of these types only, separated by commas', (text) =>
      text.split(',').map((type) => type.trim()),
    )
    .option('-n, --lines <count>', 'how many', countFrom, 20)
    .option('-f, --follow', 'go on with every new one')
    .option('--json', 'print JSON, a line an event')
    .action(async ({ tenant, types, lines, follow, json }: TailFlags) => {
      await withLog(async ({ log }) => {
        const interrupted = new AbortController();
        for (const signal of ['SIGINT', 'SIGTERM'] as const) {
          process.once(signal, () => interrupted.abort());
        }
        const options = {
          ...(tenant && { tenant }),
          ...(types && { types }),
          count: lines,
          follow: follow === true,
        };
        for await (const event of tail(log, options, interrupted.signal)) {
          process.stdout.write(`${json ? tailJson(log.logId, event) : tailText(event)}\n`);
        }
      });
    });
}

function exportCommand(log: Command): void {
  log
    .command('export')
    .description('write every event as it is stored, as NDJSON: header, body in base64, position')
    .option('--tenant <id>', 'of this tenant only', tenantFrom)
    .option('--out <file>', 'default: standard output')
    .action(async ({ tenant, out }: { tenant?: TenantId; out?: string }) => {
      await withLog(async (opened) => {
        const progress = out === undefined ? silent : progressOn(process.stderr, 'events');
        const events = await exportLog(opened, tenant, out, progress);
        process.stderr.write(`${events} events exported.\n`);
      });
    });
}

function countFrom(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new InvalidArgumentError('A whole number.');
}
