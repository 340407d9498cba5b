import { resolve } from 'node:path';
import { defineConfig } from 'vite';

/** The console, as the server serves it: assets below `/console/`, named after what is in them. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  cacheDir: resolve(import.meta.dirname, '../node_modules/.vite'),
  publicDir: false,
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
