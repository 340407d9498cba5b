import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '#test/support/process.ts';

const launcher = resolve(import.meta.dirname, '../../../bin/palimpsest.js');

type Process = {
  readonly child: ChildProcess;
  readonly closed: Promise<number | null>;
  readonly output: () => string;
};

export type RestartedServer = {
  /** Where the newest one answers, or did. */
  readonly url: () => string;
  start(): Promise<void>;
  /** Starts one and does not wait until it takes requests. */
  startOnly(): void;
  kill(): Promise<void>;
  killPostgres(): Promise<void>;
  /** A server without its Postgres ends by itself. */
  ended(): Promise<void>;
  stop(): Promise<void>;
  run(...args: string[]): Promise<{ code: number | null; output: string }>;
  readonly startMs: readonly number[];
  /** What starts said that failed. */
  readonly failedStarts: readonly string[];
  /** Everything that all of them wrote. */
  readonly output: () => string;
};

/** One home's server, which is killed and started again, as by a supervisor. */
export function restartedServer(home: string): RestartedServer {
  let url = '';
  let running: Process | undefined;
  const startMs: number[] = [];
  const failedStarts: string[] = [];
  const processes: Process[] = [];

  const spawned = (args: readonly string[]): Process => {
    const child = spawn(process.execPath, [launcher, ...args], {
      cwd: '/',
      env: {
        PATH: process.env['PATH'] ?? '',
        PALIMPSEST_HOME: home,
        PORT: '0',
        LOG_LEVEL: 'warn',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    const closed = once(child, 'close').then(([code]) => code as number | null);
    const started = { child, closed, output: () => output };
    processes.push(started);
    return started;
  };

  async function comesUp({ child, closed, output }: Process): Promise<boolean> {
    let hasEnded = false;
    void closed.then(() => (hasEnded = true));
    await until(() => hasEnded || output().includes('Palimpsest runs at'), 120_000);
    url = /Palimpsest runs at (\S+)/.exec(output())?.[1] ?? url;
    return !hasEnded && child.exitCode === null;
  }

  return {
    url: () => url,
    startMs,
    failedStarts,
    output: () => processes.map(({ output }) => output()).join(''),
    startOnly: () => {
      running = spawned(['serve']);
    },
    start: async () => {
      for (const began = performance.now(); ;) {
        running = spawned(['serve']);
        if (await comesUp(running)) {
          startMs.push(performance.now() - began);
          return;
        }
        failedStarts.push(running.output());
        if (failedStarts.length > 20) throw new Error(`No start:\n${running.output()}`);
        await sleep(100);
      }
    },
    kill: async () => {
      running?.child.kill('SIGKILL');
      await running?.closed;
    },
    killPostgres: async () => {
      const pid = await postmasterOf(home);
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    },
    ended: async () => {
      await running?.closed;
    },
    stop: async () => {
      running?.child.kill('SIGTERM');
      await running?.closed;
    },
    run: async (...args) => {
      const { closed, output } = spawned(args);
      const code = await closed;
      return { code, output: output() };
    },
  };
}

async function postmasterOf(home: string): Promise<number | undefined> {
  const pointer = join(home, 'postgres-is-at');
  const state = existsSync(pointer)
    ? (await readFile(pointer, 'utf8')).trim()
    : join(home, 'postgres');
  const file = await readFile(join(state, 'data/postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(file.split('\n')[0]);
  return pid > 1 ? pid : undefined;
}
