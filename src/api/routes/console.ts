import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { Problem } from '#api/problem.ts';
import type { Ids } from '#commands/ports.ts';

/** Where `npm run build` leaves the page. */
export const builtConsole = resolve(import.meta.dirname, '../../../dist/console');

/** What is in a file is in its name, so a name never means something else. */
const FOREVER = { immutable: true, maxAge: '365d' } as const;

const FILE = /^[\w-][\w.-]*$/;

/** The page that people edit documents with. It holds nothing of anybody: it calls the API. */
export const consoleRoutes =
  (folder: string, ids: Pick<Ids, 'bytes'>): FastifyPluginAsyncZod =>
  async (app) => {
    const config = { audience: 'public' } as const;
    await app.register(fastifyStatic, { serve: false, preCompressed: true });

    app.get(
      '/documents/:id',
      { config, schema: { hide: true, params: z.object({ id: z.string() }) } },
      async (_request, reply) => {
        const page = await readFile(resolve(folder, 'index.html'), 'utf8').catch(() => undefined);
        if (page === undefined) throw new Problem('console/not-built');
        const nonce = Buffer.from(ids.bytes(16)).toString('base64');
        return reply
          .type('text/html; charset=utf-8')
          .headers({ 'cache-control': 'no-store', 'content-security-policy': policyWith(nonce) })
          .send(page.replace('__STYLE_NONCE__', nonce));
      },
    );

    app.get(
      '/console/assets/:file',
      { config, schema: { hide: true, params: z.object({ file: z.string() }) } },
      async ({ params: { file } }, reply) => {
        const assets = resolve(folder, 'assets');
        if (!FILE.test(file) || !existsSync(resolve(assets, file))) {
          throw new Problem('route/not-found');
        }
        return reply.sendFile(file, assets, FOREVER);
      },
    );
  };

/** The editor makes its styles as it goes, with the nonce; scripts come as files, without. */
const policyWith = (nonce: string): string =>
  [
    "default-src 'none'",
    // Automerge is WebAssembly, which counts as a script that is made as it goes.
    "script-src 'self' 'wasm-unsafe-eval'",
    `style-src 'self' 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
