import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const Stored = z.object({
  /** What the idempotency keys are made of. */
  run: z.string(),
  documentId: z.string(),
  /** Requests that were acknowledged, and the document's revision after the last. */
  requests: z.int().nonnegative(),
  revision: z.int().nonnegative(),
  finished: z.boolean(),
});

/** How far an import has come. */
export type ImportState = z.infer<typeof Stored>;

export type ImportStateFile = {
  read(): Promise<ImportState | undefined>;
  write(state: ImportState): Promise<void>;
};

/**
 * Spares an import that is started again from repeating what is in. It may be lost or behind: a
 * request that is repeated is answered as the first time, because its idempotency key is the same.
 */
export function importStateFile(home: string, parts: readonly string[]): ImportStateFile {
  const directory = join(home, 'imports');
  const path = join(directory, `${nameOf(parts)}.json`);
  return {
    read: async () => {
      try {
        const stored = Stored.safeParse(JSON.parse(await readFile(path, 'utf8')));
        return stored.success ? stored.data : undefined;
      } catch (error) {
        if (error instanceof SyntaxError || isMissing(error)) return undefined;
        throw error;
      }
    },
    write: async (state) => {
      const unfinished = `${path}.part`;
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeFile(unfinished, JSON.stringify(state), { mode: 0o600 });
      await rename(unfinished, path);
    },
  };
}

export const nameOf = (parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40);

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT';
