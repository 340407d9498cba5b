import { existsSync, globSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { run } from 'node:test';
import { parseArgs } from 'node:util';
import { joinPostgres } from '#infra/embedded/embedded-postgres.ts';
import { reportTo } from './report.ts';

// npm test [-- [--name PATTERN]… [FILE | FOLDER | PART OF A PATH]…]
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { name: { type: 'string', multiple: true, short: 't' } },
});

const root = resolve(import.meta.dirname, '../..');
const files = testFiles(positionals);
if (files.length === 0) {
  console.error(`No test file matches ${positionals.join(' ')}.`);
  process.exit(1);
}

const postgres = await startPostgres();
const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => abort.abort());
}

let passed = false;
try {
  const events = run({
    files,
    cwd: root,
    concurrency: availableParallelism(),
    timeout: 180_000,
    signal: abort.signal,
    ...(values.name === undefined ? {} : { testNamePatterns: values.name }),
  });
  passed = await reportTo(process.stdout, events, {
    files: files.map((file) => relative(root, file)),
    root,
    isFiltered: values.name !== undefined,
  });
} finally {
  await postgres?.stop();
}
process.exit(passed && !abort.signal.aborted ? 0 : 1);

function testFiles(wanted: readonly string[]): string[] {
  const all = globSync('test/**/*.test.ts', { cwd: root }).toSorted();
  const chosen = all.filter(
    (file) =>
      wanted.length === 0 ||
      wanted.some((part) => {
        const path = relative(root, resolve(part));
        if (!existsSync(resolve(part))) return file.includes(part);
        return file === path || (statSync(resolve(part)).isDirectory() && file.startsWith(path));
      }),
  );
  return chosen.map((file) => join(root, file));
}

/** One server for the whole run; every test makes a database of its own in it. */
async function startPostgres(): Promise<{ stop(): Promise<void> } | undefined> {
  if (process.env['TEST_DATABASE_URL'] !== undefined) return undefined;
  const home = await mkdtemp(join(tmpdir(), 'palimpsest-test-'));
  const postgres = await joinPostgres(home, {
    secret: home,
    // Its data is thrown away, so nothing needs to survive a power cut.
    settings: { fsync: 'off', max_connections: '400' },
  });
  process.env['TEST_DATABASE_URL'] = postgres.superuserUrl;
  return {
    stop: async () => {
      await postgres.leave();
      await rm(postgres.place.state, { recursive: true, force: true });
      await rm(home, { recursive: true, force: true });
    },
  };
}
