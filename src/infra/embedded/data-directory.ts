import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rename, rm, writeFile, chown } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Account, spawnedAs } from './account.ts';
import type { Binaries } from './binaries.ts';

/** Who made the data directory; may do everything in it, so only the bootstrap logs in as it. */
export const SUPERUSER = 'postgres';

/**
 * Makes the data directory where there is none. It gets its name only when it is whole, so that
 * one which was killed half-way is not mistaken for data.
 */
export async function makeDataDirectory(
  data: string,
  password: string,
  binaries: Binaries,
  account: Account | undefined,
): Promise<void> {
  if (existsSync(data)) return;
  const unfinished = `${data}.part`;
  await rm(unfinished, { recursive: true, force: true });
  const secrets = await mkdtemp(join(tmpdir(), 'palimpsest-'));
  try {
    const passwordFile = join(secrets, 'password');
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (account !== undefined) {
      await chown(secrets, account.uid, account.gid);
      await chown(passwordFile, account.uid, account.gid);
    }
    await initdb(unfinished, passwordFile, binaries, account);
    await rename(unfinished, data);
    await flush(dirname(data));
  } finally {
    await rm(secrets, { recursive: true, force: true });
  }
}

function initdb(
  data: string,
  passwordFile: string,
  binaries: Binaries,
  account: Account | undefined,
): Promise<void> {
  // Text sorts and folds the same on every machine, also where no locale is installed.
  const text = '--encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8';
  // There is no TCP port; and if somebody opens one by hand, nobody comes in through it.
  const rest = '--auth-local=scram-sha-256 --auth-host=reject --data-checksums --no-instructions';
  const child = spawn(
    binaries.initdb,
    [`--pgdata=${data}`, `--username=${SUPERUSER}`, `--pwfile=${passwordFile}`].concat(
      text.split(' '),
      rest.split(' '),
    ),
    { ...spawnedAs(account), env: {}, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const messages: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => messages.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`initdb failed: ${Buffer.concat(messages).toString().trim()}`));
    });
  });
}

/** A rename survives a power cut once its directory is on disk. */
async function flush(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
