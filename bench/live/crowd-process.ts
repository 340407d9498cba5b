import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LiveEvent, decode, encode } from '../palimpsest.ts';
import type { CrowdFigures, CrowdOrder } from './crowd.ts';
import { pairRecorder } from './pair-recording.ts';
import { type Address, type LiveClient, actorOf, connectLive } from './palimpsest-client.ts';
import { newGroup } from './palimpsest-typist.ts';

/** Two changes a second, as everybody's client sends them who types without a pause. */
const CHANGE_MS = 500;

type Writer = {
  readonly client: LiveClient;
  /** When each of the other's changes came. */
  readonly arrivals: number[];
  /** Resolves when the other's changes up to this one have come. */
  has(count: number): Promise<void>;
};

const [{ url, addresses, seconds }] = (await once(process, 'message')) as [CrowdOrder];
const figures: CrowdFigures = { changes: [], previews: [] };
const recorded = pairRecorder((2 * seconds * 1_000) / CHANGE_MS);
const pairs = [];
for (const address of addresses) pairs.push(await newPair(address));
process.send!('starts');
const start = performance.now();
await Promise.all(pairs.map(async (type) => await type()));
process.send!(figures, () => process.exit(0));

/** Nobody folds anything here: what all of them write was recorded once, in the first document. */
async function newPair(address: Address): Promise<() => Promise<void>> {
  const writers = [await newWriter(address), await newWriter(address)] as const;
  const { snapshot } = writers[0].client.welcome;
  const pair = [actorOf(writers[0].client.welcome), actorOf(writers[1].client.welcome)] as const;
  const changes = recorded(snapshot!, pair);
  const phase = Math.random() * CHANGE_MS;
  return async () => {
    const sentAt: number[] = [];
    const type = async (which: 0 | 1) => {
      const { client, has } = writers[which];
      const group = newGroup();
      for (let number: number = which; number < changes.length; number += 2) {
        await sleep(Math.max(0, start + phase + (number * CHANGE_MS) / 2 - performance.now()));
        const needed = changes[number]!.deps.filter((dep) => dep % 2 !== which);
        await has(Math.max(0, ...needed.map((dep) => Math.floor(dep / 2) + 1)));
        client.send(encode({ t: 'preview', data: encode(performance.now()) }));
        sentAt[number] = performance.now();
        await client.ask({ t: 'changes', group, changes: [changes[number]!.bytes] });
      }
    };
    await Promise.all([type(0), type(1)]);
    for (const which of [0, 1] as const) {
      const { arrivals } = writers[which];
      await writers[which].has(changes.length / 2);
      arrivals.forEach((at, count) => figures.changes.push(at - sentAt[2 * count + 1 - which]!));
    }
    await Promise.all(writers.map(async ({ client }) => await client.close()));
  };
}

async function newWriter(address: Address): Promise<Writer> {
  const arrivals: number[] = [];
  let came = Promise.withResolvers<void>();
  const happened = (events: readonly LiveEvent[]) => {
    const now = performance.now();
    for (const { changes = [] } of events) arrivals.push(...changes.map(() => now));
    came.resolve();
    came = Promise.withResolvers();
  };
  const glimpsed = (preview: Uint8Array) =>
    figures.previews.push(performance.now() - Number(decode(preview)));
  const client = await connectLive({ url }, address, {}, happened, glimpsed);
  const has = async (count: number) => {
    while (arrivals.length < count) await came.promise;
  };
  return { client, arrivals, has };
}
