import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileLock, tryLock, waitForLock } from '#infra/embedded/file-lock.ts';

/** What a running server tells the other commands of its home. Holds passwords: mode 0600. */
export type RunFile = {
  readonly pid: number;
  readonly url: string;
  readonly startedAt: string;
  readonly embedded: boolean;
  readonly postgres: {
    readonly url: string;
    readonly ownerUrl?: string | undefined;
    readonly directUrl?: string | undefined;
  };
};

const fileOf = (home: string) => join(home, 'run.json');
const lockOf = (home: string) => join(home, 'serve.lock');

export class AlreadyRunning extends Error {
  constructor(home: string, running: RunFile | undefined) {
    const who =
      running === undefined
        ? 'Another Palimpsest is just starting'
        : `Palimpsest already runs at ${running.url} (process ${running.pid})`;
    super(`${who} on ${home}. Stop it first, or choose another PALIMPSEST_HOME.`);
    this.name = 'AlreadyRunning';
  }
}

/** Held as long as the server lives; the kernel takes it back from one that is killed. */
export async function lockForServing(home: string): Promise<FileLock> {
  // A command that looks whether a server runs holds it for an instant.
  const held = await waitForLock(lockOf(home), 'exclusive', 500);
  if (held === undefined) throw new AlreadyRunning(home, await readRunFile(home));
  // What a killed server left must not be taken for us while we start.
  await removeRunFile(home);
  return held;
}

/** The server that runs on this home. The file alone proves nothing: a killed server leaves it. */
export async function runningServer(home: string): Promise<RunFile | undefined> {
  const free = tryLock(lockOf(home), 'shared');
  free?.release();
  return free === undefined ? await readRunFile(home) : undefined;
}

export async function writeRunFile(home: string, content: RunFile): Promise<void> {
  const unfinished = `${fileOf(home)}.part`;
  await rm(unfinished, { force: true });
  await writeFile(unfinished, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
  await rename(unfinished, fileOf(home));
}

export const removeRunFile = (home: string) => rm(fileOf(home), { force: true });

async function readRunFile(home: string): Promise<RunFile | undefined> {
  try {
    return JSON.parse(await readFile(fileOf(home), 'utf8')) as RunFile;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
