import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { outboundAddresses } from '#infra/outbound/outbound-addresses.ts';
import { systemClock } from '#infra/system/clock.ts';
import { postWebhook } from '#infra/webhooks/post-webhook.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const message = { id: 'one', body: '{}' };

/** A receiver that takes what is sent and says nothing for ever. */
async function silentReceiver(t: TestContext) {
  const asked: string[] = [];
  const server = createServer((request) => void asked.push(String(request.url)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, port: (server.address() as AddressInfo).port };
}

test('a receiver that says nothing is given up after a while', async (t) => {
  const { asked, port } = await silentReceiver(t);
  // The deadline is over as soon as the receiver was asked.
  const clock = {
    ...systemClock,
    sleep: async (_: number, signal?: AbortSignal) => {
      while (asked.length === 0) await systemClock.sleep(5, signal);
    },
  };
  const origin = `http://127.0.0.1:${port}`;
  const failure = await postWebhook(outboundAddresses([origin]), clock)(
    `${origin}/`,
    secret,
    message,
  );
  assert.deepEqual(failure, { reason: 'timeout', isFinal: false });
});

test('a public name that leads inside is not connected to', async (t) => {
  const { asked, port } = await silentReceiver(t);
  const post = postWebhook(outboundAddresses([]), systemClock);
  // A name is looked up when it is connected to, and this one says loopback.
  const failure = await post(`https://localhost:${port}/`, secret, message);
  assert.deepEqual(failure, { reason: 'ENOTPUBLIC', isFinal: false });
  const listed = await post(`http://127.0.0.1:${port}/`, secret, message);
  assert.deepEqual(listed, { reason: 'address-not-allowed', isFinal: true });
  assert.deepEqual(asked, []);
});
