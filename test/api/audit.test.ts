import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Audit } from '#api/deps.ts';
import { auditRoutes } from '#api/routes/audit/routes.ts';
import type { CommandRequest } from '#commands/handle.ts';
import type { TenantId } from '#domain/ids.ts';
import type { Principal } from '#domain/rights.ts';
import { openEvents } from '#infra/crypto/open-events.ts';
import { systemClock } from '#infra/system/clock.ts';
import { process, request, world } from '#test/support/command-path.ts';
import { principalOf, serverWith } from '#test/support/http.ts';
import { tallyAggregate } from '#test/support/tally.ts';

type Line = {
  position: string;
  header: { stream: string; type: string; tenant: string; revision: number; recordedAt: string };
  storedBodyHash: string;
  data?: unknown;
  erased?: boolean;
};
const linesOf = (body: string): Line[] =>
  body
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** Two tenants' events in one log: `acme` has 3 of `one` and 2 of `two`, `umbra` has 2 of `one`. */
async function twoTenants(t: TestContext, more: Partial<Audit> = {}) {
  const shared = world();
  const { handle } = process(shared);
  const as = (tenant: string, changes: Partial<CommandRequest> = {}) => {
    const principal = principalOf(tenant, 'editor');
    return request({ tenant: principal.tenant, principal, ...changes });
  };
  for (const [tenant, id] of [
    ['acme', 'one'],
    ['umbra', 'one'],
    ['acme', 'two'],
    ['acme', 'one'],
    ['umbra', 'one'],
    ['acme', 'two'],
    ['acme', 'one'],
  ] as const) {
    await shared.clock.advance(1_000);
    await handle(id, { type: 'Count', by: 1 }, as(tenant));
  }
  const recorded: unknown[] = [];
  const people: Record<string, Principal> = {
    plm_audit: principalOf('acme', 'auditor'),
    plm_view: principalOf('acme', 'viewer'),
  };
  const audit: Audit = {
    log: shared.log,
    open: async (events) =>
      (await openEvents(shared.sealer, events, tallyAggregate.events)).map(({ event }) => event),
    recordRead: async (meta, what) => void recorded.push([meta.principal.member, what]),
    ...more,
  };
  const { app } = await serverWith(t, [auditRoutes(audit, { clock: systemClock })], {
    people,
    clock: systemClock,
    positions: {
      logId: shared.log.logId,
      head: () => shared.log.head(),
      reached: async () => true,
    },
  });
  const get = async (query: string, headers: Record<string, string> = {}) =>
    await app.inject({
      url: `/v1/audit/events${query}`,
      headers: { authorization: 'Bearer plm_audit', ...headers },
    });
  return { ...shared, handle, as, app, get, recorded, people };
}

test('an auditor reads every event of the own tenant in order, and that is recorded', async (t) => {
  const { get, recorded, people, log } = await twoTenants(t);
  const reply = await get('');
  assert.equal(reply.statusCode, 200, reply.body);
  assert.match(String(reply.headers['content-type']), /^application\/x-ndjson/);
  const lines = linesOf(reply.body);
  assert.deepEqual(
    lines.map(({ header }) => `${header.stream}@${header.revision}`),
    [
      'acme/document/one@0',
      'acme/document/two@0',
      'acme/document/one@1',
      'acme/document/two@1',
      'acme/document/one@2',
    ],
  );
  assert.ok(
    lines.every(
      ({ position, storedBodyHash, data }) =>
        position.startsWith(`${log.logId}.`) && /^[0-9a-f]{64}$/.test(storedBodyHash) && data,
    ),
  );
  assert.deepEqual(recorded, [[people['plm_audit']!.member, {}]]);
});

test('events are chosen by position, time, stream and type', async (t) => {
  const { get } = await twoTenants(t);
  const all = linesOf((await get('')).body);
  const positions = async (query: string) =>
    linesOf((await get(query)).body).map(({ position }) =>
      all.findIndex((one) => one.position === position),
    );
  assert.deepEqual(await positions(`?from=${all[1]!.position}`), [2, 3, 4]);
  assert.deepEqual(await positions(`?to=${all[1]!.position}`), [0, 1]);
  assert.deepEqual(
    await positions(`?from=${all[1]!.header.recordedAt}&to=${all[3]!.header.recordedAt}`),
    [1, 2],
  );
  assert.deepEqual(await positions('?stream=document/two'), [1, 3]);
  assert.deepEqual(await positions(`?stream=acme/document/one&from=${all[0]!.position}`), [2, 4]);
  assert.deepEqual(await positions(`?types=${all[0]!.header.type}`), [0, 1, 2, 3, 4]);
  assert.deepEqual(await positions('?types=Nothing,Other'), []);
});

test('no header hides a reading: each leaves a trace of its own', async (t) => {
  const commands: string[] = [];
  const { get } = await twoTenants(t, {
    recordRead: async ({ commandId, expectedRevision }) => {
      assert.equal(expectedRevision, undefined);
      commands.push(commandId);
    },
  });
  const headers = { 'idempotency-key': 'same', 'if-match': '"9"' };
  for (const query of ['', '?stream=document/two']) {
    assert.equal((await get(query, headers)).statusCode, 200);
  }
  assert.equal(new Set(commands).size, 2);
});

test("another tenant's stream is one that never existed", async (t) => {
  const { get } = await twoTenants(t);
  const [theirs, nobodys] = [
    await get('?stream=umbra/document/one'),
    await get('?stream=acme/document/never'),
  ];
  assert.deepEqual([theirs.statusCode, theirs.body], [nobodys.statusCode, nobodys.body]);
});

test('bounds and filters that mean nothing are refused with what is accepted', async (t) => {
  const { get } = await twoTenants(t);
  for (const query of [
    '?from=yesterday',
    '?from=2026-13-01',
    '?stream=x',
    '?stream=acme/nothing/1',
    '?types=a;b',
    '?follow=1',
    '?other=1',
    '?from=elsewhere.3',
  ]) {
    const reply = await get(query);
    assert.equal(reply.statusCode, 400, query);
    assert.match(String(reply.headers['content-type']), /problem\+json/);
  }
  assert.equal((await get('', { accept: 'text/html' })).json().code, 'request/not-acceptable');
  const viewer = await get('', { authorization: 'Bearer plm_view' });
  assert.equal(viewer.json().code, 'right/missing');
});

test('HEAD answers what GET would, without reading the log', async (t) => {
  const { app, recorded } = await twoTenants(t);
  const reply = await app.inject({
    method: 'HEAD',
    url: '/v1/audit/events',
    headers: { authorization: 'Bearer plm_audit' },
  });
  assert.equal(reply.statusCode, 200);
  assert.deepEqual(recorded, []);
});

test('the schemas of every event type can be read', async (t) => {
  const { app } = await twoTenants(t);
  const reply = await app.inject({
    url: '/v1/event-types',
    headers: { authorization: 'Bearer plm_audit' },
  });
  assert.equal(reply.statusCode, 200);
  assert.ok(reply.json().items.some(({ type }: { type: string }) => type === 'DocumentCreated'));
});

async function connect(
  app: { listen: (options: object) => Promise<string>; server: http.Server },
  path: string,
  headers: object = {},
) {
  if (!app.server.listening) await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  const request = http.get({
    port,
    host: '127.0.0.1',
    path,
    headers: { authorization: 'Bearer plm_audit', ...headers },
  });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  return { request, response: response.setEncoding('utf8') };
}

/** Reads until the text has so many events, and answers their ids and data. */
async function eventsOf(response: http.IncomingMessage, count: number) {
  let text = '';
  for await (const chunk of response.iterator({ destroyOnReturn: false })) {
    text += chunk;
    const events = [...text.matchAll(/id: (\S+)\nevent: \S+\ndata: (.+)\n\n/g)];
    if (events.length >= count)
      return events.map(([, id, data]) => ({ id: id!, line: JSON.parse(data!) as Line }));
  }
  throw new Error(`The stream ended after ${text}`);
}

test(
  'followed events go on as they happen, and resume after the last one seen',
  { timeout: 20_000 },
  async (t) => {
    const { app, handle, as } = await twoTenants(t);
    const first = await connect(app, '/v1/audit/events?follow');
    assert.equal(first.response.headers['content-type'], 'text/event-stream');
    const old = await eventsOf(first.response, 5);
    await handle('one', { type: 'Count', by: 1 }, as('umbra'));
    await handle('three', { type: 'Count', by: 1 }, as('acme'));
    const [live] = await eventsOf(first.response, 1);
    assert.equal(live!.line.header.stream, 'acme/document/three');
    first.request.destroy();

    const again = await connect(app, '/v1/audit/events?follow', { 'last-event-id': old[3]!.id });
    const resumed = await eventsOf(again.response, 2);
    assert.deepEqual(
      resumed.map(({ id }) => id),
      [old[4]!.id, live!.id],
    );
    again.request.destroy();
  },
);

test('a key that is revoked stops reading while it follows', { timeout: 20_000 }, async (t) => {
  const { app, people } = await twoTenants(t);
  const { response } = await connect(app, '/v1/audit/events?follow');
  await eventsOf(response, 5);
  delete people['plm_audit'];
  response.resume();
  await once(response, 'end');
});

test('a server that closes ends what is followed', { timeout: 20_000 }, async (t) => {
  const { app } = await twoTenants(t);
  const { response } = await connect(app, '/v1/audit/events?follow', { connection: 'close' });
  await eventsOf(response, 5);
  response.resume();
  await Promise.all([app.close(), once(response, 'end')]);
});

test(
  'a reader that does not read holds back the log, and one that goes away ends the reading',
  { timeout: 30_000 },
  async (t) => {
    let pages = 0;
    const { app, log, as, handle } = await twoTenants(t);
    for (let at = 0; at < 200; at++) await handle('one', { type: 'Count', by: 1 }, as('acme'));
    const [event] = await log.readAll({ after: 0n, tenant: 'acme' as TenantId, limit: 1 });
    // An endless log of large events: every read answers a page, whatever was asked.
    const endless: Audit = {
      log: {
        ...log,
        head: async () => 1_000_000n,
        readAll: async ({ after, limit }) => {
          pages += 1;
          return Array.from({ length: limit }, (_, at) => ({
            ...event!,
            position: after + BigInt(at + 1),
          }));
        },
      },
      open: async (events) =>
        events.map(({ header, position }) => ({
          type: header.type,
          header,
          position,
          data: { text: 'x'.repeat(10_000) },
        })),
      recordRead: async () => {},
    };
    const { app: slow } = await serverWith(t, [auditRoutes(endless, { clock: systemClock })], {
      people: { plm_audit: principalOf('acme', 'auditor') },
    });
    void app;
    const { request, response } = await connect(slow, '/v1/audit/events');
    response.pause();
    let before = -1;
    for (let quiet = 0; quiet < 20; quiet = before === pages ? quiet + 1 : 0) {
      before = pages;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.ok(pages < 30, `${pages} pages were read for a reader that reads nothing`);
    request.destroy();
    await once(request, 'close');
    before = pages;
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.ok(pages - before <= 1, 'the reading goes on without a reader');
  },
);
