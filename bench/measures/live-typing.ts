import type { LiveSystem } from '../live/live-system.ts';
import { sessionOf } from '../live/session.ts';
import { EDITS_A_SECOND, type Typed, typed } from '../live/typing.ts';
import { type Row, inTurns } from '../rounds.ts';
import type { Sizes } from '../sizes.ts';

/** What a quick typist's client sends every 300 ms. */
const COALESCED = 30;

const MEASURED: readonly (readonly [keyof Typed, title: string, unit: string])[] = [
  ['cpuPerEdit', 'Server CPU per edit', 'µs'],
  ['p50', 'Keystroke to reader, p50', 'ms'],
  ['p95', 'Keystroke to reader, p95', 'ms'],
  ['bytesPerEditAndReader', 'On the wire per edit and reader', 'B'],
  ['writerBytesPerEdit', 'On the writer’s wire per edit', 'B'],
  ['bytesToReconnect', 'Reconnect 100 changes behind', 'B'],
  ['storedPerCharacter', 'Stored per typed character', 'B'],
];

/** What Palimpsest set itself, where every edit is a change of its own and four people read. */
const targetsOf = (chars: number): Partial<Record<keyof Typed, string>> => ({
  cpuPerEdit:
    chars < 100_000
      ? '≤ 1.0 × Hocuspocus, ≤ 0.1 × automerge-repo'
      : '≤ 1.2 × Hocuspocus, ≤ 0.05 × automerge-repo',
  p50: '≤ 10 ms',
  p95: '≤ 30 ms',
});

/** One writer at 100 edits a second, and readers. */
export async function measureTyping(
  systems: readonly LiveSystem[],
  { rounds, seconds, readers, chars, section }: Sizes,
): Promise<Row[]> {
  const session = await sessionOf(chars, section, Math.ceil(seconds * EDITS_A_SECOND));
  const servers = await Promise.all(systems.map((system) => system.start()));
  const rows: Row[] = [];
  for (const editsPerChange of [1, COALESCED]) {
    const run = (index: number) => () =>
      typed(systems[index]!, servers[index]!, { session, readers, editsPerChange });
    // Code that runs for the first time is slow, and in a server that runs for weeks it is not.
    for (const index of systems.keys()) await run(index)();
    const figures = await inTurns(
      rounds,
      systems.map(({ name }, index) => ({ system: name, run: run(index) })),
    );
    const how = editsPerChange === 1 ? 'a change per edit' : `${editsPerChange} edits a change`;
    for (const [key, title, unit] of MEASURED) {
      const ofKey = figures.map(({ system, values }) => ({
        system,
        values: values.map((value) => value[key]),
      }));
      if (ofKey.some(({ values }) => values.some(Number.isNaN))) continue;
      const target = editsPerChange === 1 ? targetsOf(chars)[key] : undefined;
      const row = { measure: `${title} (${how})`, unit, better: 'lower', figures: ofKey } as const;
      rows.push({ ...row, ...(target !== undefined && { target }) });
    }
  }
  await Promise.all(servers.map((server) => server.stop()));
  return rows;
}
