import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Secrets of this installation, a file each, that only its user can read. */
export type KeyFiles = {
  readonly directory: string;
  /** Where a key is, for people; the file may not exist. */
  path(name: string): string;
  read(name: string): Promise<string | undefined>;
  /** Keeps what is there: of two processes that create a key, both get the first one's. */
  readOrCreate(name: string, make: () => string): Promise<string>;
};

export async function keyFiles(home: string): Promise<KeyFiles> {
  const directory = join(home, 'keys');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const path = (name: string) => join(directory, name);
  const read = async (name: string) => {
    try {
      const text = await readFile(path(name), 'utf8');
      // A copy or a restore may have opened it to others.
      await chmod(path(name), 0o600);
      return text.trim();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  };
  return {
    directory,
    path,
    read,
    readOrCreate: async (name, make) => {
      const there = await read(name);
      if (there !== undefined) return there;
      await createWhole(directory, path(name), `${make()}\n`);
      return (await read(name)) ?? '';
    },
  };
}

/**
 * The file appears under its name only when all of it is on disk: data that was sealed with a key
 * which a power cut then took away could never be read again.
 */
async function createWhole(directory: string, path: string, text: string): Promise<void> {
  const unfinished = `${path}.${randomBytes(6).toString('hex')}.part`;
  const file = await open(unfinished, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
    await file.close();
    // Unlike a rename, a link never replaces a file that is already there.
    await link(unfinished, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(unfinished, { force: true });
  }
  const handle = await open(directory, 'r');
  await handle.sync().finally(() => handle.close());
}
