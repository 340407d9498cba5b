import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { postgresAccount, requireUserName } from './account.ts';
import { postgresBinaries } from './binaries.ts';
import { makeDataDirectory, SUPERUSER } from './data-directory.ts';
import { type FileLock, tryLock, waitForLock } from './file-lock.ts';
import { answers, ensureLogins, type Logins, loginsOf, passwordOf } from './logins.ts';
import {
  makeHome,
  makeSocketDirectory,
  type Place,
  placeOf,
  removeSocketDirectory,
} from './place.ts';
import {
  findPostmaster,
  isPostmaster,
  type Postmaster,
  startPostmaster,
  stopPostmaster,
} from './postmaster.ts';

export type EmbeddedPostgres = Logins & {
  readonly pid: number;
  readonly socketDirectory: string;
  /** Where the data is, and whether that is outside the home. */
  readonly place: Place;
  /** False once the server has ended, by whatever hand. */
  isRunning(): boolean;
  /** The last of its users stops it. Answers false when it is still busy writing things down. */
  leave(): Promise<boolean>;
};

export type EmbeddedOptions = {
  /** What the passwords of the logins are made from. */
  readonly secret: string;
  /** Further settings of the server, for a throw-away one in tests. */
  readonly settings?: Readonly<Record<string, string>>;
};

const WAIT_FOR_OTHERS_MS = 330_000;
const STOP_MS = 5_000;

/**
 * The Postgres of this home: joined when it runs, started when it does not.
 *
 * It runs while anybody uses it; who comes first starts it and who leaves last stops it, so two
 * commands beside each other need not know of one another. A user that was killed counts as gone.
 * When it was the last, Postgres goes on alone, and the next to come joins it.
 */
export async function joinPostgres(
  home: string,
  options: EmbeddedOptions,
): Promise<EmbeddedPostgres> {
  const directory = await makeHome(home);
  const turn = await myTurn(directory);
  try {
    const users = join(directory, 'postgres.users');
    const { place, postmaster } = await joinOrStart(directory, options);
    const logins = loginsOf(options.secret, postmaster);
    const use = tryLock(users, 'shared');
    // Only who has the turn tries for the exclusive lock, and that is us.
    if (use === undefined) throw new Error(`${users} is locked by a process that is not ours.`);
    return {
      ...logins,
      ...postmaster,
      place,
      isRunning: () => isPostmaster(postmaster.pid, place.data),
      leave: async () => await leave(directory, { postmaster, place, use }),
    };
  } finally {
    turn.release();
  }
}

type Used = {
  readonly postmaster: Postmaster;
  readonly place: Place;
  readonly use: FileLock;
};

async function leave(home: string, { postmaster, place, use }: Used): Promise<boolean> {
  // Whoever deleted the home has deleted the locks as well: nobody else can be counted.
  const turn = existsSync(home) ? await myTurn(home) : undefined;
  try {
    use.release();
    const last = turn && tryLock(join(home, 'postgres.users'), 'exclusive');
    if (turn !== undefined && last === undefined) return true;
    last?.release();
    const stopped = await stopPostmaster(postmaster, place.data, STOP_MS);
    if (stopped) await removeSocketDirectory(postmaster.socketDirectory, place.state);
    return stopped;
  } finally {
    turn?.release();
  }
}

/** Starting and stopping is done by one process at a time; a start may have to recover first. */
async function myTurn(home: string): Promise<FileLock> {
  const file = join(home, 'postgres.turn');
  const turn = await waitForLock(file, 'exclusive', WAIT_FOR_OTHERS_MS);
  if (turn !== undefined) return turn;
  throw new Error(`Another process has been starting or stopping Postgres for too long (${file}).`);
}

/** Whether a database was ever made here: then its keys must be here too. */
export async function hasData(home: string): Promise<boolean> {
  if (existsSync(join(home, 'postgres-is-at'))) return true;
  return existsSync(join(home, 'postgres', 'data'));
}

async function joinOrStart(
  home: string,
  options: EmbeddedOptions,
): Promise<{ place: Place; postmaster: Postmaster }> {
  requireUserName();
  const account = postgresAccount();
  const place = await placeOf(home, account);
  const found = findPostmaster(place.data);
  if (found !== undefined) {
    if (await answers(loginsOf(options.secret, found), 5_000)) {
      await ensureLogins(loginsOf(options.secret, found), options.secret);
      return { place, postmaster: found };
    }
    if (!(await stopPostmaster(found, place.data, 30_000))) {
      throw new Error(`A Postgres (pid ${found.pid}) runs on ${place.data} and does not answer.`);
    }
  }
  const binaries = await postgresBinaries(account, place.state);
  const password = passwordOf(options.secret, SUPERUSER);
  await makeDataDirectory(place.data, password, binaries, account);
  const postmaster = await startPostmaster({
    data: place.data,
    binaries,
    account,
    settings: options.settings,
    socketDirectory: await makeSocketDirectory(place.state, account),
    logFile: join(home, 'postgres.log'),
  });
  try {
    await ensureLogins(loginsOf(options.secret, postmaster), options.secret);
  } catch (error) {
    await stopPostmaster(postmaster, place.data, STOP_MS);
    throw error;
  }
  return { place, postmaster };
}
