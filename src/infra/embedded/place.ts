import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Account, canReach } from './account.ts';
import { PORT } from './postmaster.ts';

/** Makes a home; answers its one true path, because data directories are compared by path. */
export async function makeHome(home: string): Promise<string> {
  // Only the home itself is private: through its parents Postgres's account must be able to pass.
  await mkdir(dirname(home), { recursive: true });
  await mkdir(home, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return await realpath(home);
}

/** Where an embedded Postgres keeps its things. All of it belongs to the account it runs as. */
export type Place = {
  readonly state: string;
  readonly data: string;
  /** Said at the start when `state` is not below the home. */
  readonly elsewhere: boolean;
};

const SYSTEM_STATE = '/var/lib/palimpsest';

/**
 * Below the home, or for root, when Postgres's account cannot reach that, in /var/lib/palimpsest;
 * the home then holds a file that says where, so that moving the home does not lose the data.
 */
export async function placeOf(home: string, account: Account | undefined): Promise<Place> {
  const pointer = join(home, 'postgres-is-at');
  if (existsSync(pointer)) return await placeElsewhere(pointer);

  const inside = join(home, 'postgres');
  if (account === undefined) {
    await mkdir(inside, { recursive: true, mode: 0o700 });
    return { state: inside, data: join(inside, 'data'), elsewhere: false };
  }
  // It may be passed through, not listed; what is secret has a mode of its own.
  await chmod(home, (await stat(home)).mode | 0o011);
  if (canReach(account, home)) {
    await give(inside, account);
    return { state: inside, data: join(inside, 'data'), elsewhere: false };
  }
  const name = createHash('sha256').update(home).digest('hex').slice(0, 12);
  const outside = join(SYSTEM_STATE, `${basename(dirname(home))}-${name}`);
  await mkdir(SYSTEM_STATE, { recursive: true });
  await chmod(SYSTEM_STATE, 0o755);
  await give(outside, account);
  await writeFile(`${pointer}.part`, `${outside}\n`);
  await rename(`${pointer}.part`, pointer);
  return { state: outside, data: join(outside, 'data'), elsewhere: true };
}

async function placeElsewhere(pointer: string): Promise<Place> {
  const state = (await readFile(pointer, 'utf8')).trim();
  if (existsSync(state)) return { state, data: join(state, 'data'), elsewhere: true };
  throw new Error(
    `The data of this home was in ${state} (says ${pointer}), and that is gone. ` +
      `Bring it back, or delete ${pointer} to begin with an empty database.`,
  );
}

async function give(directory: string, account: Account): Promise<void> {
  await mkdir(directory, { recursive: true });
  await chown(directory, account.uid, account.gid);
  await chmod(directory, 0o700);
}

/** The kernel's limit for a socket's path is 108 bytes, of which one ends it. */
const MAX_SOCKET_PATH = 107;

/** A directory that only the account can enter, with a path short enough for a socket. */
export async function makeSocketDirectory(
  state: string,
  account: Account | undefined,
): Promise<string> {
  const inside = join(state, 'socket');
  if (Buffer.byteLength(join(inside, `.s.PGSQL.${PORT}.lock`)) <= MAX_SOCKET_PATH) {
    await mkdir(inside, { recursive: true, mode: 0o700 });
    if (account !== undefined) await give(inside, account);
    return inside;
  }
  const outside = await mkdtemp(join(tmpdir(), 'palimpsest-'));
  if (account !== undefined) await give(outside, account);
  return outside;
}

/** Leaves nothing behind in the system's temporary directory. */
export async function removeSocketDirectory(directory: string, state: string): Promise<void> {
  if (!directory.startsWith(state)) await rm(directory, { recursive: true, force: true });
}
