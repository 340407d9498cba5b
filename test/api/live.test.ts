import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import * as Automerge from '@automerge/automerge';
import { type CborValue, decode, encode } from '#client/cbor.ts';
import { frameFrom } from '#api/live/frames.ts';
import { MOST_OF_MEMBER } from '#api/live/sessions.ts';
import type { ServerFrame, Welcome } from '#client/protocol.ts';
import { openLive, soon } from '#test/support/live.ts';
import { forged } from '#test/support/foreign-writer.ts';
import { realServer } from '#test/support/real-server.ts';
import { seededRandom } from '#test/support/random.ts';

async function served(t: TestContext) {
  const server = await realServer(t);
  const url = await server.app.listen({ port: 0, host: '127.0.0.1' });
  const { key } = await server.tenant('acme', 'Acme');
  const { id = '' } = await server.make(key, 'POST', '/v1/documents', {
    title: 'Plan',
    markdown: 'Hello world\n',
  });
  return { ...server, url, key, id };
}
type Served = Awaited<ReturnType<typeof served>>;

/** A connection that says just what it is told to say. */
async function rawConnection({ url }: Served, id: string, headers?: Record<string, string>) {
  const address = `${url.replace('http', 'ws')}/v1/documents/${id}/live`;
  // Node's WebSocket takes headers, which browsers do not.
  const socket = new WebSocket(address, { headers } as unknown as string[]);
  socket.binaryType = 'arraybuffer';
  const frames: ServerFrame[] = [];
  let closed: { code: number; reason: string } | undefined;
  socket.addEventListener('message', ({ data }) =>
    frames.push(decode(new Uint8Array(data as ArrayBuffer)) as unknown as ServerFrame),
  );
  socket.addEventListener('close', ({ code, reason }) => (closed = { code, reason }));
  socket.addEventListener('error', () => undefined);
  await soon(() => socket.readyState !== WebSocket.CONNECTING);
  return {
    socket,
    frames,
    send: (frame: object) => socket.send(Uint8Array.from(encode(frame as CborValue))),
    isClosed: () => closed !== undefined,
    closed: async () => {
      await soon(() => closed !== undefined);
      return closed!;
    },
    next: async <T extends ServerFrame['t']>(type: T) => {
      await soon(() => frames.some(({ t }) => t === type));
      return frames.find(({ t }) => t === type) as FrameOf<T>;
    },
  };
}

type FrameOf<T extends ServerFrame['t']> = T extends 'presence' | 'preview'
  ? { readonly data: Uint8Array }
  : Extract<ServerFrame, { t: T }>;

const GROUP = Buffer.from('5f0f6b5e4f5c4d5e8f0a1c1c1c1c1c1c', 'hex');
const hello = (key: string) => ({ t: 'hello', protocol: 1, credential: key });

test('who does not say hello in a sound way is not let in, and hears why', async (t) => {
  const server = await served(t);
  const { id, key } = server;
  const other = '7c1f2f5e-1111-4d5e-8f0a-1c1c1c1c1c1c';
  for (const [document, first, code] of [
    [id, { t: 'presence', data: new Uint8Array(1) }, 4400],
    [id, { ...hello(key), protocol: 2 }, 4400],
    [id, { ...hello(key), more: 1 }, 4400],
    [id, { t: 'hello', protocol: 1 }, 4401],
    [id, hello('plm_acme_0123456789abcdef_nothing'), 4401],
    [id, { t: 'hello', protocol: 1, ticket: 'none' }, 4401],
    [other, hello(key), 4404],
  ] as const) {
    const connection = await rawConnection(server, document);
    connection.send(first);
    assert.equal((await connection.closed()).code, code, JSON.stringify(first));
  }
  const texts = await rawConnection(server, id);
  texts.socket.send('hello');
  assert.equal((await texts.closed()).code, 4400);
});

test('another tenant’s key opens nothing', async (t) => {
  const server = await served(t);
  const { key } = await server.tenant('umbrella', 'Umbrella');
  const connection = await rawConnection(server, server.id);
  connection.send(hello(key));
  assert.deepEqual(await connection.closed(), { code: 4404, reason: 'document/not-found' });
});

test('a page of another origin may not connect', async (t) => {
  const server = await served(t);
  const foreign = await rawConnection(server, server.id, { origin: 'https://evil.example' });
  assert.equal(foreign.socket.readyState, WebSocket.CLOSED);
  const own = await rawConnection(server, server.id, { origin: server.url });
  own.send(hello(server.key));
  await own.next('welcome');
  own.socket.close();
});

test('a ticket opens one connection, to its document', async (t) => {
  const server = await served(t);
  const { id, key } = server;
  const url = `/v1/documents/${id}/live-tickets`;
  const { ticket } = await server.make(key, 'POST', url, {});
  const first = await rawConnection(server, id);
  first.send({ t: 'hello', protocol: 1, ticket });
  await first.next('welcome');
  first.socket.close();
  const second = await rawConnection(server, id);
  second.send({ t: 'hello', protocol: 1, ticket });
  assert.equal((await second.closed()).code, 4401);
});

test('an address that is asked without an upgrade says what it speaks', async (t) => {
  const { send, id, key } = await served(t);
  const answer = await send(key, { method: 'GET', url: `/v1/documents/${id}/live` });
  assert.equal(answer.statusCode, 426);
});

test('a hostile change is set aside, its actor writes no more, and the room goes on', async (t) => {
  const server = await served(t);
  const { id, key } = server;
  const honest = await openLive(server.url, id, key);
  t.after(() => honest.close());
  const before = await server.eventsAfter(0n);
  const hostile = await rawConnection(server, id);
  hostile.send(hello(key));
  const welcome = await hostile.next('welcome');
  const actor = welcome.actor!;
  const changes = [hostileChange(welcome)];
  hostile.send({ t: 'changes', n: 0, group: GROUP, changes });
  assert.deepEqual(await hostile.closed(), { code: 4422, reason: 'change/unknown-reference' });

  const events = await server.eventsAfter(before.at(-1)?.position ?? 0n);
  assert.ok(events.some(({ type }) => type === 'ChangeQuarantined'));
  assert.ok(!events.some(({ type }) => type === 'ChangesApplied'));
  const again = await rawConnection(server, id);
  again.send({ ...hello(key), actor: { id: actor.id, token: actor.token! } });
  assert.deepEqual(await again.closed(), { code: 4422, reason: 'actor/quarantined' });

  honest.splice(honest.sections[0]!.id, 0, 0, 'Still here. ');
  await honest.settled();
  assert.equal(honest.markdown, 'Still here. Hello world\n');
});

test('a change by a clock that is ahead is refused, and its actor goes on', async (t) => {
  const server = await served(t);
  const connection = await rawConnection(server, server.id);
  connection.send(hello(server.key));
  const { snapshot, actor } = await connection.next('welcome');
  const id = Buffer.from(actor!.id).toString('hex');
  const renamedAt = (time: number) => {
    const title = new Automerge.ImmutableString('Better');
    const document = Automerge.load<{ title: unknown }>(snapshot!, { actor: id });
    const now = Automerge.change(document, { time }, (draft) => void (draft.title = title));
    return {
      t: 'changes',
      n: time,
      group: GROUP,
      changes: [Automerge.getLastLocalChange(now)!],
    };
  };
  connection.send(renamedAt(Math.floor(Date.now() / 1_000) + 3_600));
  assert.equal((await connection.next('refused')).code, 'change/from-the-future');
  connection.send(renamedAt(0));
  assert.equal((await connection.next('ack')).n, 0);
});

test('a group that is no UUID is no frame, and does not fail the server', async (t) => {
  const server = await served(t);
  for (const frame of [
    { t: 'undo', scope: 'mine' },
    { t: 'changes', changes: [randomBytes(9)] },
  ]) {
    const connection = await rawConnection(server, server.id);
    connection.send(hello(server.key));
    await connection.next('welcome');
    connection.send({ ...frame, n: 0, group: Buffer.alloc(16, 0x11) });
    assert.deepEqual(await connection.closed(), { code: 4400, reason: 'frame/malformed' });
  }
});

test('of more connections of a member at once than are allowed, only those are let in', async (t) => {
  const server = await served(t);
  const many = await Promise.all(
    Array.from({ length: MOST_OF_MEMBER + 20 }, () => rawConnection(server, server.id)),
  );
  for (const { send } of many) send(hello(server.key));
  await soon(() => many.every(({ frames, isClosed }) => isClosed() || frames.length > 0));
  const letIn = many.filter(({ isClosed }) => !isClosed());
  assert.equal(letIn.length, MOST_OF_MEMBER);
  assert.deepEqual(await many.find(({ isClosed }) => isClosed())?.closed(), {
    code: 4429,
    reason: 'live/too-many-connections',
  });
});

test('an actor writes through its newest connection', async (t) => {
  const server = await served(t);
  const first = await rawConnection(server, server.id);
  first.send(hello(server.key));
  const { actor } = await first.next('welcome');
  const second = await rawConnection(server, server.id);
  second.send({ ...hello(server.key), actor: { id: actor!.id, token: actor!.token! } });
  await second.next('welcome');
  assert.equal((await first.closed()).code, 4409);
  second.socket.close();
});

test('presence and previews are shown to the others, and the last presence to newcomers', async (t) => {
  const server = await served(t);
  const one = await rawConnection(server, server.id);
  one.send(hello(server.key));
  const { session } = await one.next('welcome');
  const two = await rawConnection(server, server.id);
  two.send(hello(server.key));
  await two.next('welcome');
  one.send({ t: 'presence', data: Uint8Array.of(1, 2) });
  one.send({ t: 'preview', data: Uint8Array.of(3) });
  assert.deepEqual([...(await two.next('presence')).data], [1, 2]);
  assert.deepEqual([...(await two.next('preview')).data], [3]);
  const three = await rawConnection(server, server.id);
  three.send(hello(server.key));
  const { others } = await three.next('welcome');
  assert.deepEqual(
    [...(others.find((other) => other.session === session)?.presence ?? [])],
    [1, 2],
  );
  one.socket.close();
  assert.equal((await two.next('left')).session, session);
});

test('a key that is revoked ends its connections', async (t) => {
  const server = await served(t);
  const made = await server.make(server.key, 'POST', '/v1/api-keys', { roles: ['owner'] });
  const connection = await rawConnection(server, server.id);
  connection.send(hello(made['key'] ?? ''));
  await connection.next('welcome');
  const url = `/v1/api-keys/${made['id']}`;
  const answer = await server.send(server.key, { method: 'DELETE', url });
  assert.ok(answer.statusCode < 300, answer.body);
  const asked = performance.now();
  assert.equal((await connection.closed()).code, 4401);
  t.diagnostic(`closed after ${Math.round(performance.now() - asked)} ms`);
});

test('whoever types into what was archived meanwhile hears that it was', async (t) => {
  const { url, id, key, make } = await served(t);
  const lost: string[] = [];
  const ada = await openLive(url, id, key, {
    onEvent: (news) => news.kind === 'lost' && lost.push(news.code),
  });
  t.after(() => ada.close());
  await make(key, 'POST', `/v1/documents/${id}/archive`, {});
  await soon(() => !ada.mayWrite);
  ada.splice(ada.sections[0]!.id, 0, 0, 'Late. ');
  await assert.rejects(ada.settled(), { code: 'document/archived' });
  assert.deepEqual(lost, ['document/archived']);
});

test('a server that ends sends away whoever is not greeted yet too', async (t) => {
  const server = await served(t);
  const silent = await rawConnection(server, server.id);
  const greeted = await rawConnection(server, server.id);
  greeted.send(hello(server.key));
  await greeted.next('welcome');
  const coming = await rawConnection(server, server.id);
  coming.send(hello(server.key));
  await server.app.close();
  for (const { closed } of [silent, greeted, coming]) assert.equal((await closed()).code, 1001);
});

test('the same changes over HTTP are taken once', async (t) => {
  const server = await served(t);
  const { id, key, send, make } = server;
  const { actor = '', token } = await make(key, 'POST', `/v1/documents/${id}/actors`, {});
  const connection = await rawConnection(server, id);
  connection.send(hello(key));
  const { snapshot } = await connection.next('welcome');
  connection.socket.close();
  let document = Automerge.load<{ title: unknown }>(snapshot!, { actor });
  document = Automerge.change(document, { time: 0 }, (draft) => {
    draft.title = new Automerge.ImmutableString('Better');
  });
  const change = Automerge.getLastLocalChange(document)!;
  const payload = {
    actor,
    token,
    group: '5f0f6b5e-4f5c-4d5e-8f0a-1c1c1c1c1c1c',
    changes: [Buffer.from(change).toString('base64')],
  };
  const url = `/v1/documents/${id}/changes`;
  const [first, second] = [
    await send(key, { method: 'POST', url, payload }),
    await send(key, { method: 'POST', url, payload }),
  ];
  assert.equal(first.statusCode, 200, first.body);
  assert.equal(second.body, first.body);
  const shown = await send(key, { method: 'GET', url: `/v1/documents/${id}` });
  assert.equal(shown.json()['title'], 'Better');
  const wrong = await send(key, { method: 'POST', url, payload: { ...payload, token: 'x' } });
  assert.equal(wrong.statusCode, 404);
  const broken = { ...payload, changes: ['AAAA'] };
  assert.equal((await send(key, { method: 'POST', url, payload: broken })).statusCode, 422);
  assert.equal((await send(key, { method: 'POST', url, payload })).statusCode, 403);
});

test(
  'of a hundred thousand random and altered frames none ends more than its connection',
  { timeout: 60_000 },
  async (t) => {
    const random = seededRandom(5);
    const sound = encode({
      t: 'changes',
      n: 1,
      group: new Uint8Array(16),
      changes: [new Uint8Array(80)],
    });
    let frames = 0;
    for (let run = 0; run < 100_000; run++) {
      const bytes = run % 2 === 0 ? randomBytes(1 + random.below(60)) : Buffer.from(sound);
      if (run % 2 === 1) bytes[random.below(bytes.length)] = random.below(256);
      if (frameFrom(bytes) !== undefined) frames += 1;
    }
    t.diagnostic(`${frames} of them were frames`);
    const server = await served(t);
    const honest = await openLive(server.url, server.id, server.key);
    t.after(() => honest.close());
    for (let run = 0; run < 60; run++) {
      const connection = await rawConnection(server, server.id);
      if (run % 2 === 0) {
        connection.send(hello(server.key));
        await connection.next('welcome');
      }
      connection.socket.send(randomBytes(1 + random.below(2_000)));
      assert.ok([4400, 4429].includes((await connection.closed()).code));
    }
    honest.splice(honest.sections[0]!.id, 0, 0, 'Here. ');
    await honest.settled();
    assert.equal(honest.markdown, 'Here. Hello world\n');
  },
);

/** Types behind a character that is not there. */
function hostileChange({ actor, snapshot }: Welcome): Uint8Array {
  const document = Automerge.load<{ sections: Record<string, object> }>(snapshot!);
  const backend = Automerge.getBackend(document);
  const section = Object.keys(document.sections)[0]!;
  const obj = ['sections', section, 'text'].reduce(
    (object, key) => String(backend.getWithType(object, key)?.[1]),
    '_root',
  );
  const [, author] = obj.split('@');
  const elemId = `999@${author}`;
  return forged({
    actor: Buffer.from(actor!.id).toString('hex'),
    seq: 1,
    startOp: (backend.getChangesMeta([]).at(-1)?.maxOp ?? 0) + 1,
    deps: Automerge.getHeads(document),
    ops: [{ action: 'set', obj, elemId, insert: true, value: 'x', pred: [] }],
  });
}
