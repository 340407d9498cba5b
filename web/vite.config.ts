import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { type Plugin, defineConfig } from 'vite';

/** Beside each file one in Brotli, which the server sends: a quarter of the WebAssembly. */
const compressed: Plugin = {
  name: 'compressed',
  apply: 'build',
  writeBundle: async ({ dir = '' }, bundle) => {
    const params = { [constants.BROTLI_PARAM_QUALITY]: 7 };
    for (const name of Object.keys(bundle).filter((name) => name.startsWith('assets/'))) {
      const path = resolve(dir, name);
      await writeFile(`${path}.br`, await brotli(await readFile(path), { params }));
    }
  },
};
const brotli = promisify(brotliCompress);

/** The console, as the server serves it: assets below `/console/`, named after what is in them. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  cacheDir: resolve(import.meta.dirname, '../node_modules/.vite'),
  publicDir: false,
  plugins: [compressed],
  resolve: {
    // The variant that does not bring its WebAssembly: `main.tsx` fetches that, as a file.
    alias: [{ find: /^@automerge\/automerge$/, replacement: '@automerge/automerge/slim' }],
  },
  build: {
    outDir: resolve(import.meta.dirname, '../dist/console'),
    emptyOutDir: true,
    target: 'es2022',
    // Inlined files would need `data:` in the page's policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2_000,
  },
});
