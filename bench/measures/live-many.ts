import { setTimeout as sleep } from 'node:timers/promises';
import { crowd } from '../live/crowd.ts';
import type { LiveSystem } from '../live/live-system.ts';
import type { Address } from '../live/palimpsest-client.ts';
import type { ServerProcess } from '../live/server-process.ts';
import { type Row, median, quantile } from '../rounds.ts';
import type { Sizes } from '../sizes.ts';

const TEXT = 'A line that somebody wrote before the others came.\n'.repeat(20);
const LOOK_MS = 5_000;

type Makes = { newWriters?: (server: ServerProcess, text: string) => Promise<Address> };

/** Many documents at once, each with two who write in it: how long it takes, and what it leaves. */
export async function measureMany(
  systems: readonly (LiveSystem & Makes)[],
  { documents, seconds }: Sizes,
): Promise<Row[]> {
  const [ours] = systems;
  if (ours?.newWriters === undefined) return [];
  const server = await ours.start();
  const addresses: Address[] = [];
  while (addresses.length < documents) addresses.push(await ours.newWriters(server, TEXT));

  const memory: number[] = [];
  let isOver = false;
  const looking = (async () => {
    while (!isOver) {
      await sleep(LOOK_MS);
      memory.push((await server.resident()) / 1e6);
    }
  })();
  const { changes, previews, spent } = await crowd(server, addresses, seconds);
  isOver = true;
  await looking;
  await server.stop();

  const third = Math.ceil(memory.length / 3);
  const figure = (measure: string, unit: string, value: number, target?: string): Row => ({
    measure,
    unit,
    better: 'lower',
    figures: [{ system: ours.name, values: [value] }],
    ...(target !== undefined && { target }),
  });
  const many = `${documents} documents, 2 writers each`;
  return [
    figure(`Change to the other, p50 (${many})`, 'ms', quantile(changes, 0.5)),
    figure(`Change to the other, p95 (${many})`, 'ms', quantile(changes, 0.95), '≤ 100 ms'),
    figure(`Preview to the other, p50 (${many})`, 'ms', quantile(previews, 0.5), '≤ 5 ms'),
    figure(`Preview to the other, p95 (${many})`, 'ms', quantile(previews, 0.95)),
    figure(`Server CPU per change (${many})`, 'µs', spent / changes.length),
    figure('Resident memory, first third of the time', 'MB', median(memory.slice(0, third))),
    figure('Resident memory, last third of the time', 'MB', median(memory.slice(-third)), 'level'),
  ];
}
