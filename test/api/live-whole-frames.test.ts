import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import websocket from '@fastify/websocket';
import Fastify from 'fastify';
import { wholeFrames } from '#api/live/whole-frames.ts';

/** Where one length is written otherwise than the next, and where messages are sent otherwise. */
const LENGTHS = [0, 1, 125, 126, 127, 16_384, 16_385, 65_535, 65_536, 100_000, 3];

test('messages of every length come as they were sent, in their order', async (t) => {
  const app = Fastify();
  t.after(() => app.close());
  await app.register(websocket, { options: { perMessageDeflate: false } });
  app.get('/', { websocket: true }, (socket, request) => {
    const send = wholeFrames(socket, request.socket);
    for (const length of LENGTHS) send(Buffer.alloc(length, length % 251));
    socket.close(1000);
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const client = new WebSocket(url.replace('http', 'ws'));
  client.binaryType = 'arraybuffer';
  const received: Uint8Array[] = [];
  client.addEventListener('message', ({ data }) => received.push(new Uint8Array(data)));
  await once(client, 'close');
  assert.deepEqual(
    received.map(({ length }) => length),
    LENGTHS,
  );
  for (const bytes of received) assert.ok(bytes.every((byte) => byte === bytes.length % 251));
});
