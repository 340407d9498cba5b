import { spawn } from 'node:child_process';
import { existsSync, openSync, closeSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Account, spawnedAs } from './account.ts';
import type { Binaries } from './binaries.ts';

/** A running Postgres server. */
export type Postmaster = { readonly pid: number; readonly socketDirectory: string };

export const PORT = 5432;

/** Postgres keeps a number of its process beside the socket as well as in its data. */
const SOCKET_LOCK = `.s.PGSQL.${PORT}.lock`;

const SETTINGS = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  port: String(PORT),
  max_connections: '120',
  shared_buffers: '128MB',
  // Our statements take microseconds; compiling them would take milliseconds.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_messages: 'warning',
  log_error_verbosity: 'terse',
  // A statement or a detail in the log could hold content of a customer.
  log_min_error_statement: 'panic',
  cluster_name: 'palimpsest',
};

/** How long a start may take: after a crash Postgres first replays what it had not yet written. */
const START_MS = 300_000;

export type Start = {
  readonly data: string;
  readonly socketDirectory: string;
  readonly logFile: string;
  readonly binaries: Binaries;
  readonly account: Account | undefined;
  readonly settings?: Readonly<Record<string, string>> | undefined;
};

/** Starts Postgres and waits until it takes connections. It outlives this process. */
export async function startPostmaster(start: Start): Promise<Postmaster> {
  removeStaleLocks(start);
  const log = openSync(start.logFile, 'a', 0o600);
  const settings = Object.entries({ ...SETTINGS, ...start.settings });
  const child = spawn(
    start.binaries.postgres,
    ['-D', start.data, '-k', start.socketDirectory].concat(
      settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ),
    {
      ...spawnedAs(start.account),
      env: {},
      stdio: ['ignore', log, log],
      // A session of its own, because Ctrl-C reaches the whole group of a terminal, and Postgres
      // would be gone before the server has drained.
      detached: true,
    },
  );
  closeSync(log);
  let failure: string | undefined;
  child.on('error', (error) => (failure = error.message));
  child.on('exit', (code, signal) => (failure ??= `exit ${code ?? signal}`));
  child.unref();
  const deadline = Date.now() + START_MS;
  for (;;) {
    const running = readPidFile(start.data);
    if (running?.pid === child.pid && running?.ready) return running;
    if (failure !== undefined || Date.now() > deadline) {
      throw new Error(`Postgres did not start (${failure ?? 'too slow'}).\n${tail(start.logFile)}`);
    }
    await sleep(15);
  }
}

/** The server that runs on this data directory, perhaps left behind by a process that was killed. */
export function findPostmaster(data: string): Postmaster | undefined {
  const found = readPidFile(data);
  return found !== undefined && isPostmaster(found.pid, data) ? found : undefined;
}

/**
 * In a restarted container the old number often belongs to another process by now, and one that was
 * just killed keeps it until it is reaped: Postgres would take either for a running server. When the
 * number is free, Postgres decides itself. Its check of the shared memory stays, so what a killed
 * postmaster left running still keeps the next one out.
 */
function removeStaleLocks({ data, socketDirectory }: Start): void {
  for (const file of [join(data, 'postmaster.pid'), join(socketDirectory, SOCKET_LOCK)]) {
    const pid = existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : 0;
    if (pid > 1 && isAlive(pid) && !isPostmaster(pid, data)) rmSync(file, { force: true });
  }
}

/** Disconnects everybody, writes everything down and ends. Answers false if it takes too long. */
export async function stopPostmaster(
  { pid }: Postmaster,
  data: string,
  waitMs: number,
): Promise<boolean> {
  const deadline = Date.now() + waitMs;
  // SIGINT is Postgres's fast shutdown.
  if (isPostmaster(pid, data)) process.kill(pid, 'SIGINT');
  while (isPostmaster(pid, data)) {
    if (Date.now() > deadline) return false;
    await sleep(15);
  }
  return true;
}

/** True while this number is the Postgres of this data directory, and not a zombie. */
export function isPostmaster(pid: number, data: string): boolean {
  if (!isAlive(pid)) return false;
  if (!existsSync('/proc/self/cmdline')) return true;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(data);
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readPidFile(data: string): (Postmaster & { readonly ready: boolean }) | undefined {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    if (!Number.isSafeInteger(pid) || pid <= 1) return undefined;
    return { pid, socketDirectory: lines[4] ?? '', ready: lines[7]?.trim() === 'ready' };
  } catch {
    return undefined;
  }
}

const tail = (file: string) =>
  readFileSync(file, 'utf8').trimEnd().split('\n').slice(-8).join('\n');
