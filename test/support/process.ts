import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { joinPostgres } from '#infra/embedded/embedded-postgres.ts';

const root = resolve(import.meta.dirname, '../..');

const undoings = new WeakMap<TestContext, (() => unknown)[]>();

/** Runs after the test, the last one first: `t.after` alone would remove a home before its users. */
export function lastFirst(t: TestContext, undo: () => unknown): void {
  const known = undoings.get(t);
  if (known !== undefined) {
    known.push(undo);
    return;
  }
  const undos = [undo];
  undoings.set(t, undos);
  t.after(async () => {
    for (const undo of undos.toReversed()) await undo();
  });
}

/** An empty directory that is gone after the test, and with it a Postgres that runs on it. */
export async function emptyHome(t: TestContext, prefix = 'palimpsest-home-'): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), prefix));
  lastFirst(t, async () => {
    // A test that failed, or that killed a server, may have left its Postgres.
    const secret = await readFile(join(home, 'keys/postgres'), 'utf8').catch(() => undefined);
    if (secret !== undefined) {
      const postgres = await joinPostgres(home, { secret: secret.trim() }).catch(() => undefined);
      await postgres?.leave();
    }
    await rm(home, { recursive: true, force: true });
  });
  return home;
}

export type Finished = { readonly code: number | null; readonly output: string };

export type Running = {
  readonly child: ChildProcess;
  /** Everything it wrote so far. */
  output(): string;
  readonly finished: Promise<Finished>;
};

type Options = {
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
};

/** Runs this TypeScript or JavaScript file in a process of its own, killed after the test. */
export function startScript(
  t: TestContext,
  file: string,
  args: readonly string[],
  { env = {}, ...as }: Options = {},
): Running {
  const child = spawn(process.execPath, [join(root, file), ...args], {
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...as,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  lastFirst(t, () => child.kill('SIGKILL'));
  const finished = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
  return { child, output: () => output, finished };
}

/** `palimpsest …` on this home, on a free port. */
export function palimpsest(
  t: TestContext,
  home: string,
  args: readonly string[],
  options: Options = {},
): Running {
  const env = { PALIMPSEST_HOME: home, PORT: '0', LOG_LEVEL: 'warn', ...options.env };
  return startScript(t, 'bin/palimpsest.js', args, { ...options, env });
}

export type Server = Running & { readonly url: string; readonly pid: number };

/** A server that takes requests. */
export async function startServer(
  t: TestContext,
  home: string,
  { args = [], ...options }: Options & { readonly args?: readonly string[] } = {},
): Promise<Server> {
  const running = palimpsest(t, home, ['serve', ...args], options);
  const early = running.finished.then(({ code, output }) => {
    throw new Error(`The server ended with ${code}:\n${output}`);
  });
  early.catch(() => undefined);
  await Promise.race([early, until(() => running.output().includes('Palimpsest runs at'))]);
  const url = /Palimpsest runs at (\S+)/.exec(running.output())?.[1] ?? '';
  return { ...running, url, pid: running.child.pid ?? 0 };
}

/** Looks every few milliseconds: what another process does has no event to wait for. */
export async function until(holds: () => boolean | Promise<boolean>, limitMs = 30_000) {
  const deadline = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Waited ${limitMs} ms in vain.`);
    await sleep(10);
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
