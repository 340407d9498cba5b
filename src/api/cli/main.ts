import { Command, CommanderError } from 'commander';
import { forecastCommand } from './forecast.ts';
import { importTraceCommand } from './import-trace.ts';
import { keysCommand } from './keys.ts';
import { logCommand } from './log.ts';
import { migrateCommand } from './migrate.ts';
import { projectionsCommand } from './projections.ts';
import { serveCommand } from './serve.ts';
import { tenantsCommand } from './tenants.ts';

// One line here and one file beside this one for each command.
const commands = [
  serveCommand,
  migrateCommand,
  tenantsCommand,
  keysCommand,
  logCommand,
  projectionsCommand,
  importTraceCommand,
  forecastCommand,
];

/** Adds a command to the program; what it throws is shown as its message alone. */
export type AddCommand = (program: Command) => void;

export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('palimpsest')
    .description('An event-sourced document engine for companies that write with AI.')
    .showHelpAfterError()
    .exitOverride();
  for (const add of commands) add(program);
  try {
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = error instanceof CommanderError ? error.exitCode : 1;
    // Commander has written its own errors already.
    if (error instanceof CommanderError) return;
    // What had begun before it failed (lanes, timers, a thread) would keep the process alive.
    process.stderr.write(`palimpsest: ${shown(error)}\n`, () => process.exit());
  }
}

/** Errors are for whoever types commands; their stack is for whoever mends Palimpsest. */
function shown(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isWanted = ['debug', 'trace'].includes(process.env['LOG_LEVEL'] ?? '');
  return isWanted ? (error.stack ?? error.message) : error.message;
}
