import { measureAppends } from './measures/append.ts';
import { measureCommands } from './measures/commands.ts';
import { automergeRepo } from './live/automerge.ts';
import { hocuspocus } from './live/hocuspocus.ts';
import type { LiveSystem } from './live/live-system.ts';
import { palimpsestLive } from './live/palimpsest.ts';
import { measureLatency } from './measures/latency.ts';
import { measureOpening } from './measures/live-opening.ts';
import { measureMany } from './measures/live-many.ts';
import { measureTyping } from './measures/live-typing.ts';
import { measureLoads } from './measures/load.ts';
import { measureRebuilds } from './measures/rebuild.ts';
import { startPostgres } from './postgres.ts';
import { machine, tableOf } from './report.ts';
import type { Row } from './rounds.ts';
import { type Sizes, readSizes } from './sizes.ts';
import type { System } from './system.ts';
import { emmett } from './systems/emmett.ts';
import { eventStoreAdapter, eventStoreClient } from './systems/eventstore.ts';
import { palimpsest } from './systems/palimpsest.ts';
import { plainInsert } from './systems/plain.ts';

// npm run bench [-- --events N] [--rounds N] [--seconds N] [--only append|commands|load|rebuild|latency|live] [--json]
// Live editing: [--readers N] [--chars N] [--section N] [--beside NAME] [--documents N]
// With --eventstore URL (an empty server) the log is there, beside the client that the adapter uses.

const sizes = readSizes(process.argv.slice(2));

const measures = {
  append: measureAppends,
  commands: measureCommands,
  load: measureLoads,
  rebuild: measureRebuilds,
  latency: measureLatency,
};

/** Live editing has contenders of its own. */
const liveMeasures = {
  'live-typing': measureTyping,
  'live-opening': measureOpening,
  'live-many': measureMany,
};

const postgres = await startPostgres();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => leave(130));
}
// A server under test that closes a connection is an error that nobody awaits.
process.once('uncaughtException', (error) => {
  console.error(error);
  leave(1);
});
try {
  const rows: Row[] = [];
  for (const [name, measure] of Object.entries(measures)) {
    if (name.includes(sizes.only)) rows.push(...(await measured(name, measure)));
  }
  for (const [name, measure] of Object.entries(liveMeasures)) {
    if (name.includes(sizes.only)) rows.push(...(await measuredLive(name, measure)));
  }
  const about = {
    machine: machine(),
    postgres: `Postgres ${postgres.version} (${postgres.settings})`,
    sizes: `${sizes.rounds} rounds, ${sizes.seconds} s each, rebuilds of ${sizes.events} events; typing for ${sizes.readers} readers in ${sizes.chars} characters, sections of ${sizes.section}`,
  };
  process.stdout.write(
    sizes.json ? `${JSON.stringify({ ...about, rows })}\n` : inWords(about, rows),
  );
} finally {
  await postgres.stop();
}
process.exit(0);

/** Nobody else would stop Postgres. */
function leave(code: number): void {
  // Whoever is in the middle of a query loses its connection, and that is all right.
  process.removeAllListeners('uncaughtException').on('uncaughtException', () => undefined);
  process.on('unhandledRejection', () => undefined);
  void postgres.stop().finally(() => process.exit(code));
}

/** On new databases, so that no measure works on what another left behind. */
async function measured(
  name: string,
  measure: (systems: readonly System[], sizes: Sizes) => Promise<Row[]>,
): Promise<Row[]> {
  process.stderr.write(`${name} …\n`);
  const systems: System[] = [];
  try {
    // One after the other: their migrations would wait for each other's locks.
    if (sizes.eventStore === undefined) {
      systems.push(await palimpsest(await postgres.ours(`palimpsest_${name}`)));
      systems.push(await emmett(await postgres.theirs(`emmett_${name}`)));
      systems.push(await plainInsert(await postgres.theirs(`plain_${name}`)));
    } else {
      const ours = await postgres.ours(`palimpsest_${name}`);
      systems.push(await palimpsest(ours, sizes.eventStore));
      if (name !== 'rebuild') systems.push(await eventStoreAdapter(sizes.eventStore));
      if (name !== 'rebuild') systems.push(await eventStoreClient(sizes.eventStore));
    }
    const rows = await measure(systems, sizes);
    // The targets are beside Emmett, which keeps its events in Postgres only.
    return sizes.eventStore === undefined ? rows : rows.map(({ target: _, ...row }) => row);
  } finally {
    await Promise.all(systems.map(({ close }) => close()));
  }
}

async function measuredLive(
  name: string,
  measure: (systems: readonly LiveSystem[], sizes: Sizes) => Promise<Row[]>,
): Promise<Row[]> {
  process.stderr.write(`${name} …\n`);
  const systems: LiveSystem[] = [];
  try {
    const database = await postgres.ours(`palimpsest_${name.replace('-', '_')}`);
    systems.push(await palimpsestLive(database));
    const others = { Hocuspocus: hocuspocus, 'automerge-repo': automergeRepo };
    for (const [other, begin] of Object.entries(others)) {
      if (other.includes(sizes.beside)) systems.push(await begin());
    }
    return await measure(systems, sizes);
  } finally {
    await Promise.all(systems.map(({ close }) => close()));
  }
}

function inWords(about: Readonly<Record<string, string>>, rows: readonly Row[]): string {
  return [...Object.values(about), '', tableOf(rows), ''].join('\n');
}
