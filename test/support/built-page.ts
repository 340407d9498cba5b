import { globSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { build } from 'vite';
import { builtConsole } from '#api/routes/console.ts';

const root = resolve(import.meta.dirname, '../..');

/** Builds the page, unless what is there is newer than everything that it is made of. */
export async function builtPage(): Promise<void> {
  const sources = globSync(['web/**/*.*', 'src/client/*.ts', 'package-lock.json'], { cwd: root });
  const newest = Math.max(...sources.map((path) => changedAt(resolve(root, path))));
  if (changedAt(resolve(builtConsole, 'index.html')) > newest) return;
  await build({ configFile: resolve(root, 'web/vite.config.ts'), logLevel: 'error' });
}

const changedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
