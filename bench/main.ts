import { measureAppends } from './measures/append.ts';
import { measureCommands } from './measures/commands.ts';
import { measureLatency } from './measures/latency.ts';
import { measureLoads } from './measures/load.ts';
import { fillForRebuild, measureRebuilds } from './measures/rebuild.ts';
import { startPostgres } from './postgres.ts';
import { machine, tableOf } from './report.ts';
import type { Row } from './rounds.ts';
import { type Sizes, readSizes } from './sizes.ts';
import type { System } from './system.ts';
import { emmett } from './systems/emmett.ts';
import { palimpsest } from './systems/palimpsest.ts';
import { plainInsert } from './systems/plain.ts';

// npm run bench [-- --events N] [--rounds N] [--seconds N] [--only append|commands|load|rebuild|latency] [--json]

const sizes = readSizes(process.argv.slice(2));
const say = (text: string) => process.stderr.write(`${text}\n`);

const postgres = await startPostgres();
const systems: System[] = [];
try {
  // One after the other: their migrations would wait for each other's locks.
  systems.push(await palimpsest(postgres));
  systems.push(await emmett(await postgres.database('bench_emmett')));
  systems.push(await plainInsert(await postgres.database('bench_plain')));
  const rows = await measure();
  const about = {
    machine: machine(),
    postgres: `Postgres ${postgres.version} (${postgres.settings})`,
    sizes: `${sizes.rounds} rounds, ${sizes.seconds} s each, rebuilds of ${sizes.events} events and what was there`,
  };
  process.stdout.write(
    sizes.json ? `${JSON.stringify({ ...about, rows })}\n` : inWords(about, rows),
  );
} finally {
  await Promise.all(systems.map(({ close }) => close()));
  await postgres.stop();
}
process.exit(0);

async function measure(): Promise<Row[]> {
  const rows: Row[] = [];
  const measures: readonly (readonly [
    string,
    (systems: readonly System[], sizes: Sizes) => Promise<Row[]>,
  ])[] = [
    ['append', measureAppends],
    ['commands', measureCommands],
    ['load', measureLoads],
    ['rebuild', rebuilds],
    ['latency', latency],
  ];
  for (const [name, take] of measures) {
    if (!name.includes(sizes.only)) continue;
    say(`${name} …`);
    rows.push(...(await take(systems, sizes)));
  }
  return rows;
}

async function rebuilds(systems: readonly System[], sizes: Sizes): Promise<Row[]> {
  await fillForRebuild(systems, sizes);
  return await measureRebuilds(systems, sizes);
}

async function latency(systems: readonly System[], sizes: Sizes): Promise<Row[]> {
  for (const { views } of systems) await views?.start();
  return await measureLatency(systems, sizes);
}

function inWords(about: Readonly<Record<string, string>>, rows: readonly Row[]): string {
  return [...Object.values(about), '', tableOf(rows), ''].join('\n');
}
