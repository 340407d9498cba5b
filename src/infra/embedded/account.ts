import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The user that Postgres runs as. */
export type Account = { readonly name: string; readonly uid: number; readonly gid: number };

/**
 * Postgres refuses to run as root, so root lends it an account. Undefined: as whoever we are.
 *
 * `nobody` is the last choice because other daemons may run as it, and could then read the data.
 */
export function postgresAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const known = accountNamed('postgres') ?? accountNamed('palimpsest');
  if (known !== undefined) return known;
  const homeless = '--system --user-group --no-create-home --home-dir /nonexistent';
  spawnSync('useradd', homeless.split(' ').concat('--shell', '/usr/sbin/nologin', 'palimpsest'));
  const account = accountNamed('palimpsest') ?? accountNamed('nobody');
  if (account !== undefined) return account;
  throw new Error(
    'Postgres does not run as root, and there is no other user here. ' +
      'Create one (useradd --system palimpsest), start as an ordinary user, or set DATABASE_URL.',
  );
}

/** Options for `spawn` that make a process run as the account, with none of root's groups. */
export const spawnedAs = (account: Account | undefined) => ({
  // initdb and postgres refuse to start where they cannot read the working directory.
  cwd: '/',
  ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
});

/** True when the account (not we, who may be root) can enter this directory or run this file. */
export const canReach = (account: Account | undefined, path: string): boolean =>
  spawnSync('/bin/sh', ['-c', 'test -x "$1"', 'sh', path], spawnedAs(account)).status === 0;

/** Fails early where initdb would fail late: it looks up the name of the user it runs as. */
export function requireUserName(): void {
  const uid = process.getuid?.();
  if (uid === undefined || uid === 0) return;
  if (spawnSync('id', ['-un'], { stdio: 'ignore' }).status === 0) return;
  throw new Error(
    `User ${uid} has no name on this system, and Postgres's initdb needs one. ` +
      `Add it to /etc/passwd, start as another user, or set DATABASE_URL.`,
  );
}

function accountNamed(name: string): Account | undefined {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [user, , uid, gid] = line.split(':');
    if (user === name) return { name, uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}
