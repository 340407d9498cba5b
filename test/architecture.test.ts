import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { layers, violations } from '#test/support/architecture.ts';

const root = resolve(import.meta.dirname, '..');
const sources = globSync(['src/**/*.ts', 'web/**/*.{ts,tsx}'], {
  cwd: root,
  exclude: ['web/vite.config.ts'],
});

test('every file keeps to its layer, its slice and a name that says something', () => {
  assert.ok(sources.length > 100, 'the sources are found');
  assert.deepEqual(
    sources.flatMap((path) => violations(path, readFileSync(resolve(root, path), 'utf8'))),
    [],
  );
});

/** Each rule, seen to refuse: path, source, and the violation (or none). */
const rulings: readonly (readonly [string, string, RegExp | undefined])[] = [
  ['src/domain/a.ts', `import { x } from './b.ts';`, undefined],
  ['src/domain/a.ts', `import { z } from 'zod';`, undefined],
  ['src/domain/a.ts', `// from 'pg'\n/* import 'pg' */`, undefined],
  ['src/domain/a.ts', `import { x } from '../commands/b.ts';`, /hides the direction/],
  ['src/domain/a.ts', `import { x } from './b/../../c.ts';`, /hides the direction/],
  ['src/domain/a.ts', `import { x } from '#commands/ports.ts';`, /domain may not import/],
  ['src/domain/a.ts', `import type { x } from '#infra/x.ts';`, /domain may not import/],
  ['src/domain/a.ts', `const x = await import('#api/x.ts');`, /domain may not import/],
  ['src/domain/a.ts', `import pg from 'pg';`, /may not import the package pg/],
  ['src/domain/a.ts', `import { hash } from 'node:crypto';`, /may not import the package node:/],
  ['src/domain/a.ts', `export { x } from 'kysely/helpers';`, /may not import the package kysely/],
  ['src/domain/a.ts', `const now = Date.now();`, /Date\.now' must come through a port/],
  ['src/domain/a.ts', `const now = new Date();`, /must come through a port/],
  ['src/domain/a.ts', `const at = new Date(text);`, undefined],
  ['src/domain/a.ts', `const luck = Math.random();`, /must come through a port/],
  ['src/domain/a.ts', `const key = process.env['KEY'];`, /must come through a port/],
  ['src/commands/a.ts', `await fetch('https://example.com');`, /must come through a port/],
  ['src/commands/a.ts', `import { x } from '#projections/list.ts';`, /commands may not import/],
  ['src/commands/a.ts', `import { x } from '#infra/x.ts';`, /commands may not import/],
  ['src/commands/a.ts', `import { decide } from '#domain/tenant/decide.ts';`, undefined],
  ['src/projections/a.ts', `import { x } from '#commands/handle.ts';`, /projections may not/],
  ['src/projections/a.ts', `import pg from 'pg';`, /may not import the package pg/],
  ['src/infra/a.ts', `import { x } from '#commands/ports.ts';`, undefined],
  ['src/infra/a.ts', `import { x } from '#api/config.ts';`, /infra may not import/],
  ['src/infra/a.ts', `import fastify from 'fastify';`, /may not import the package fastify/],
  ['src/infra/models/openai.ts', `import { OpenAI } from 'openai';`, undefined],
  ['src/infra/models/openai/a.ts', `import type { OpenAI } from 'openai';`, undefined],
  ['src/infra/models/anthropic/a.ts', `import type { A } from '@anthropic-ai/sdk';`, undefined],
  [
    'src/infra/models/attempt.ts',
    `import { A } from '@anthropic-ai/sdk';`,
    /only src\/infra\/models/,
  ],
  ['src/infra/models/anthropic.ts', `import { OpenAI } from 'openai';`, /only src\/infra\/models/],
  ['src/infra/models/openai-else.ts', `import { OpenAI } from 'openai';`, /only src\/infra/],
  ['src/infra/models/provider-fetch.ts', `import { request } from 'undici';`, undefined],
  ['src/infra/webhooks/a.ts', `import { request } from 'undici';`, /only src\/infra\/models/],
  ['src/api/a.ts', `const { OpenAI } = await import('openai/client');`, /only src\/infra\/models/],
  ['src/domain/a.ts', `import { OpenAI } from 'openai';`, /only src\/infra\/models/],
  ['src/client/a.ts', `import fs from 'node:fs';`, /may not import the package node:/],
  ['web/page/a.tsx', `import { x } from '#client/live-document.ts';`, undefined],
  ['web/page/a.tsx', `import { x } from '#web/live/desk.ts';`, undefined],
  ['web/page/a.tsx', `import { x } from '../live/desk.ts';`, /hides the direction/],
  ['web/page/a.tsx', `import { x } from '#domain/ids.ts';`, /web may not import/],
  ['web/page/a.tsx', `import type { x } from '#api/routes/x.ts';`, /web may not import/],
  ['web/page/a.tsx', `import { z } from 'zod';`, /may not import the package zod/],
  ['web/main.tsx', `import { readFile } from 'node:fs';`, /may not import the package node:/],
  ['src/api/a.ts', `import { x } from '#web/live/presence.ts';`, /api may not import/],
  ['src/domain/tenant/a.ts', `import { e } from '#domain/member/events.ts';`, undefined],
  ['src/domain/tenant/a.ts', `import { d } from '#domain/member/decide.ts';`, /another slice/],
  ['src/domain/tenant/a.ts', `import { s } from '#domain/member/state.ts';`, /another slice/],
  ['src/domain/tenant/a.ts', `import { e } from '#domain/event.ts';`, undefined],
  ['src/domain/utils.ts', '', /'utils.ts' says nothing/],
  ['src/infra/helpers/a.ts', '', /'helpers' says nothing/],
  ['src/api/key-service.ts', '', /'key-service.ts' says nothing/],
  ['src/api/commonly-asked.ts', '', undefined],
  ['src/domain/index.ts', '', /barrel/],
  ['src/domain/TenantId.ts', '', /not kebab-case/],
  ['src/other/a.ts', '', /is no layer/],
];

for (const [path, source, expected] of rulings) {
  const verdict = expected === undefined ? 'allowed' : 'refused';
  test(`${verdict} in ${path}: ${JSON.stringify(source)}`, () => {
    const found = violations(path, source);
    if (expected === undefined) assert.deepEqual(found, []);
    else assert.match(found.join('\n'), expected);
  });
}

test('the direction is api → infra → commands, projections → domain', () => {
  const reach = Object.entries(layers).map(([name, { mayImport }]) => [name, mayImport.length]);
  assert.deepEqual(Object.fromEntries(reach), {
    domain: 1,
    commands: 2,
    projections: 2,
    client: 2,
    infra: 4,
    api: 6,
    web: 2,
  });
});
