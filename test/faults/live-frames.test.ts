import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CborValue, encode } from '#client/cbor.ts';
import { PROTOCOL } from '#client/protocol.ts';
import { openLive } from '#test/support/live.ts';
import { type Random, seededRandom } from '#test/support/random.ts';
import { servedDocument } from './live-document.ts';

const FRAMES = Number(process.env['LIVE_FRAMES'] ?? 4_000);
const CONNECTIONS_AT_ONCE = 8;
/** Of one connection, of which the first that is no frame closes it. */
const IN_A_ROW = 10;

// The long form: LIVE_FRAMES=100000 node test/faults/live-frames.test.ts
test(
  'of random and altered frames none stops the server, fills its memory or is noticed by those who write',
  { timeout: 60_000 + FRAMES * 20 },
  async (t) => {
    const { server, key, id } = await servedDocument(t);
    const random = seededRandom(17);

    let sent = 0;
    const attack = async () => {
      while (sent < FRAMES) {
        const socket = new WebSocket(
          `${server.url().replace('http', 'ws')}/v1/documents/${id}/live`,
          { headers: { authorization: `Bearer ${key}` } },
        );
        // An error is followed by the close.
        socket.addEventListener('error', () => undefined);
        const closed = once(socket, 'close');
        await Promise.race([once(socket, 'open'), closed]);
        if (random.below(2) === 0) socket.send(hello(key));
        for (let left = IN_A_ROW; left > 0 && socket.readyState === WebSocket.OPEN; left -= 1) {
          socket.send(hostileFrame(random));
          sent += 1;
        }
        await Promise.race([closed, sleep(200)]);
        socket.close();
        await closed;
      }
    };

    const writers = await Promise.all([1, 2].map(() => openLive(server.url(), id, key)));
    t.after(() => Promise.all(writers.map((writer) => writer.close())));
    const over = new AbortController();
    const typed: string[] = [];
    const typing = writers.map(async (writer, index) => {
      for (let count = 0; !over.signal.aborted; count += 1) {
        const word = `<${index}.${count}>\n`;
        writer.splice(writer.sections[0]!.id, 0, 0, word);
        typed.push(word.trim());
        await writer.settled();
        await sleep(100);
      }
    });
    const memory: number[] = [];
    const watching = (async () => {
      while (!over.signal.aborted) {
        const heap = await heapMegabytes(server.url());
        // So many connections from one address may leave no room for a look.
        if (heap !== undefined) memory.push(heap);
        await sleep(500);
      }
    })();

    await Promise.all(Array.from({ length: CONNECTIONS_AT_ONCE }, attack));
    over.abort();
    await Promise.all([...typing, watching]);
    for (const { markdown } of writers) {
      assert.deepEqual(markdown.match(/<\d+\.\d+>/g)?.toSorted(), typed.toSorted());
    }
    // The least of a while is what is left when garbage was collected.
    const quarter = Math.ceil(memory.length / 4);
    const early = Math.min(...memory.slice(quarter, 2 * quarter));
    const late = Math.min(...memory.slice(-quarter));
    t.diagnostic(`${sent} frames, ${typed.length} words; heap ${early} MB, then ${late} MB`);
    if (FRAMES >= 100_000) assert.ok(late < 1.25 * early, 'memory grows');
  },
);

const hello = (credential: string) => frame({ t: 'hello', protocol: PROTOCOL, credential });
const frame = (value: object) => Uint8Array.from(encode(value as CborValue));

/** Bytes of nothing, or a frame of which up to three bytes are others. */
function hostileFrame(random: Random): Uint8Array<ArrayBuffer> {
  if (random.below(4) === 0) return Uint8Array.from(randomBytes(1 + random.below(2_000)));
  const group = Buffer.from('5f0f6b5e4f5c4d5e8f0a1c1c1c1c1c1c', 'hex');
  const sound = [
    { t: 'changes', n: random.below(100), group, changes: [randomBytes(80)] },
    { t: 'presence', data: randomBytes(40) },
    { t: 'preview', data: randomBytes(40) },
    { t: 'undo', n: random.below(100), scope: 'mine' },
  ];
  const bytes = frame(sound[random.below(sound.length)]!);
  for (let left = random.below(4); left > 0; left -= 1) {
    bytes[random.below(bytes.length)] = random.below(256);
  }
  return bytes;
}

async function heapMegabytes(url: string): Promise<number | undefined> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const found = /^nodejs_heap_size_used_bytes (\S+)/m.exec(metrics)?.[1];
  return found === undefined ? undefined : Math.round(Number(found) / 1e6);
}
