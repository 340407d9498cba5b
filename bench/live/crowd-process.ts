import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { encode, decode } from '../palimpsest.ts';
import type { CrowdFigures, CrowdOrder } from './crowd.ts';
import { type Address, actorOf, connectLive } from './palimpsest-client.ts';
import { Typist, newGroup } from './palimpsest-typist.ts';

/** Two changes a second, as everybody's client sends them who types without a pause. */
const CHANGE_MS = 500;
const WORD = 'word ';
/** What is taken back of a text that has become so long, so that it stays as it is. */
const LONGEST = 1_500;

const [{ url, addresses, seconds }] = (await once(process, 'message')) as [CrowdOrder];
const sentAt = new Map<string, number>();
const figures: CrowdFigures = { changes: [], previews: [] };
const until = performance.now() + seconds * 1_000;
await Promise.all(addresses.flatMap((address) => [write(address), write(address)]));
process.send!(figures, () => process.exit(0));

/** Types, shows what it types before it sends it, and takes in what the other types. */
async function write(address: Address): Promise<void> {
  const server = { url };
  let typist: Typist | undefined;
  const client = await connectLive(
    server,
    address,
    {},
    (events) => {
      const now = performance.now();
      for (const change of events.flatMap(({ changes = [] }) => changes)) {
        const sent = sentAt.get(keyOf(change));
        if (sent !== undefined) figures.changes.push(now - sent);
        sentAt.delete(keyOf(change));
      }
      typist?.take(events);
    },
    (preview) => figures.previews.push(performance.now() - Number(decode(preview))),
  );
  typist = new Typist(client.welcome.snapshot!, actorOf(client.welcome));
  const group = newGroup();
  await sleep(Math.random() * CHANGE_MS);
  for (let next = performance.now(); next < until; next += CHANGE_MS) {
    client.send(encode({ t: 'preview', data: encode(performance.now()) }));
    const { length } = typist.text;
    const position = Math.floor(Math.random() * (length - WORD.length));
    const remove = length > LONGEST ? WORD.length : 0;
    const change = typist.type([
      ...(remove > 0 ? [{ position, remove, insert: '' }] : []),
      { position, remove: 0, insert: WORD },
    ]);
    sentAt.set(keyOf(change), performance.now());
    await client.ask({ t: 'changes', group, changes: [change] });
    await sleep(Math.max(0, next + CHANGE_MS - performance.now()));
  }
  await client.close();
}

/** Its checksum. */
function keyOf(change: Uint8Array): string {
  return `${change.length} ${Buffer.from(change.subarray(4, 8)).toString('hex')}`;
}
