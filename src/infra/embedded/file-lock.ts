import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

export type FileLock = { release(): void };
type Kind = 'shared' | 'exclusive';

/**
 * Locks a file for this process, or answers undefined when another holds it.
 *
 * A file that names a process id outlives a `kill -9`, and two processes that both find it stale
 * can both take it. Node has no flock(2), but SQLite locks its files through the kernel, which
 * lets go when the process ends, however it ends. Nothing is ever stored in the file.
 */
export function tryLock(file: string, kind: Kind): FileLock | undefined {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    // Its journal would lie about as a file.
    database.exec('pragma journal_mode = memory');
    // A shared lock is taken by the first read of a transaction, not by its `begin`.
    if (kind === 'exclusive') database.exec('begin exclusive');
    else database.exec('begin; select count(*) from sqlite_schema');
    return { release: () => database.close() };
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw new Error(`Cannot lock ${file}: ${String(error)}`, { cause: error });
  }
}

/** Waits for the lock; undefined when it is not free within `waitMs`. */
export async function waitForLock(
  file: string,
  kind: Kind,
  waitMs: number,
): Promise<FileLock | undefined> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const held = tryLock(file, kind);
    if (held !== undefined || Date.now() > deadline) return held;
    await sleep(25);
  }
}

const SQLITE_BUSY = 5;
const isBusy = (error: unknown) =>
  error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
