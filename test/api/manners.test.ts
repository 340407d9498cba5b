import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { notModified, revisionFrom } from '#api/etag.ts';
import { replyWritten } from '#api/position.ts';
import { metaOf } from '#api/requests.ts';
import {
  AppendTooLarge,
  CommandContended,
  LogUnavailable,
  WrongExpectedRevision,
} from '#commands/ports.ts';
import type { ApiKeyId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { Principal } from '#domain/rights.ts';
import { OPERATOR_KEY, principalOf, serverWith } from '#test/support/http.ts';
import { currentTenant } from '#infra/tenancy/tenant-context.ts';
import { streamOf } from '#domain/stream.ts';

const KEY = 'plm_acme_k_1';
const ada = principalOf('acme');
const auth = { authorization: `Bearer ${KEY}` };
const people = { [KEY]: ada };

const config = { audience: 'tenant', action: 'document.read' } as const;
const stream = streamOf(ada.tenant, 'document', 'd');
const errors: Record<string, Error> = {
  rejected: new Rejected('document/archived', { limit: 3 }),
  contended: new CommandContended(stream),
  unavailable: new LogUnavailable('secret-host'),
  moved: new WrongExpectedRevision(stream, 3, 5),
  'too-large': new AppendTooLarge(stream, 2_000_000),
  unexpected: Object.assign(new Error('secret-title of the document'), { code: '22021' }),
  'database-down': Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
};

const things: FastifyPluginAsyncZod = async (app) => {
  const body = z.strictObject({ title: z.string().max(20), size: z.int().optional() });
  app.post(
    '/v1/things',
    { config: { ...config, action: 'document.edit' }, schema: { body } },
    async (request, reply) => {
      const meta = metaOf(request);
      return replyWritten(reply, { revision: 4, position: 7n })
        .code(201)
        .send({
          title: request.body.title,
          tenant: currentTenant(),
          meta: { ...meta, commandHash: Buffer.from(meta.commandHash).toString('hex') },
        });
    },
  );
  app.get(
    '/v1/things/:id',
    {
      config: { ...config, views: ['things'] },
      schema: {
        params: z.object({ id: z.string() }),
        querystring: z.strictObject({ q: z.string().optional() }),
      },
    },
    async (request, reply) => {
      if (notModified(request, reply, 4)) return reply.send();
      const error = errors[request.params.id];
      if (error) throw error;
      return { id: request.params.id };
    },
  );
  app.get(
    '/admin/v1/things',
    { config: { audience: 'operator', action: 'tenant.read' } },
    async () => ({ for: 'operator' }),
  );
};

const post = (payload: unknown, headers: Record<string, string> = {}) => ({
  method: 'POST' as const,
  url: '/v1/things',
  headers: { ...auth, 'content-type': 'application/json', ...headers },
  payload:
    typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload),
});
const get = (url: string, headers: Record<string, string> = {}) => ({
  method: 'GET' as const,
  url,
  headers: { ...auth, ...headers },
});

test('a body that is not what is documented is refused field by field, without being repeated', async (t) => {
  const { app } = await serverWith(t, [things], { people });
  const reply = await app.inject(post({ title: 7, secretKey: 'secret-value', ' weird key ': 1 }));
  assert.equal(reply.statusCode, 400);
  assert.match(String(reply.headers['content-type']), /^application\/problem\+json/);
  const problem = reply.json();
  assert.equal(problem.code, 'request/invalid');
  assert.equal(problem.type, '/problems/request/invalid');
  assert.equal(problem.correlationId, reply.headers['palimpsest-correlation-id']);
  assert.deepEqual(
    problem.errors.map((e: { path: string }) => e.path),
    ['title', ''],
  );
  assert.match(problem.errors[1].message, /unknown: secretKey, \(unprintable\)/);
  assert.doesNotMatch(reply.body, /secret-value|weird key/);
});

test('a value over a limit is a 422 that names the limit', async (t) => {
  const { app } = await serverWith(t, [things], { people });
  const reply = await app.inject(post({ title: 'x'.repeat(21) }));
  assert.equal(reply.statusCode, 422);
  assert.equal(reply.json().code, 'request/over-limit');
  assert.match(reply.json().errors[0].message, /20/);
});

const badBodies: readonly [
  what: string,
  payload: string | Buffer,
  headers: Record<string, string>,
  status: number,
  code: string,
][] = [
  ['broken JSON', '{"title": "secret', {}, 400, 'request/not-json'],
  [
    'another media type',
    'title=x',
    { 'content-type': 'application/x-www-form-urlencoded' },
    415,
    'request/unsupported-media-type',
  ],
  [
    'a compression',
    '{"title":"x"}',
    { 'content-encoding': 'gzip' },
    415,
    'request/unsupported-media-type',
  ],
  [
    'another charset',
    '{"title":"x"}',
    { 'content-type': 'application/json; charset=utf-16' },
    415,
    'request/unsupported-media-type',
  ],
  ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22]), {}, 400, 'request/not-utf8'],
  ['U+0000 in a text', '{"title":"a\\u0000b"}', {}, 400, 'request/unstorable-text'],
  ['half of a surrogate pair', '{"title":"\\ud83d"}', {}, 400, 'request/unstorable-text'],
  ['a prototype', '{"title":"x","__proto__":{"admin":true}}', {}, 400, 'request/forbidden-key'],
  [
    'deep nesting',
    `{"title":${'['.repeat(400_000)}${']'.repeat(400_000)}}`,
    {},
    400,
    'request/too-deep',
  ],
  [
    'more than a mebibyte',
    JSON.stringify({ title: 'x'.repeat(1_048_577) }),
    {},
    413,
    'request/too-large',
  ],
  ['nothing', '', {}, 400, 'request/invalid'],
];
for (const [what, payload, headers, status, code] of badBodies) {
  test(`a body with ${what} is answered ${status} ${code}`, async (t) => {
    const { app } = await serverWith(t, [things], { people });
    const reply = await app.inject(post(payload, headers));
    assert.equal(reply.statusCode, status, reply.body);
    assert.equal(reply.json().code, code);
    if (status === 413) assert.equal(reply.json().limitBytes, 1_048_576);
  });
}

test('a query that cannot be stored or is not documented is refused', async (t) => {
  const { app } = await serverWith(t, [things], { people });
  assert.equal(
    (await app.inject(get('/v1/things/x?q=a%00b'))).json().code,
    'request/unstorable-text',
  );
  assert.equal((await app.inject(get('/v1/things/x?other=1'))).json().code, 'request/invalid');
  assert.equal((await app.inject(get('/v1/things/x?q=1&q=2'))).json().code, 'request/invalid');
  assert.equal((await app.inject(get('/v1/things/%ff'))).json().code, 'request/malformed');
});

test('an unknown address is 404 and a wrong method 405 with what is allowed', async (t) => {
  const { app } = await serverWith(t, [things], { people });
  const unknown = await app.inject(get('/v1/nothing-here'));
  assert.equal(unknown.statusCode, 404);
  assert.equal(unknown.json().code, 'route/not-found');
  const wrong = await app.inject({ method: 'DELETE', url: '/v1/things/x', headers: auth });
  assert.equal(wrong.statusCode, 405);
  assert.equal(wrong.headers['allow'], 'GET, HEAD');
  const head = await app.inject({ method: 'HEAD', url: '/v1/things/x', headers: auth });
  assert.equal(head.statusCode, 200);
  assert.equal(head.body, '');
});

const answers: readonly [id: string, status: number, code: string, retryAfter?: string][] = [
  ['rejected', 409, 'document/archived'],
  ['contended', 503, 'command/contended', '1'],
  ['unavailable', 503, 'log/unavailable', '2'],
  ['database-down', 503, 'view/unavailable', '2'],
  ['moved', 412, 'stream/wrong-revision'],
  ['too-large', 413, 'log/too-large'],
  ['unexpected', 500, 'internal'],
];
for (const [id, status, code, retryAfter] of answers) {
  test(`what fails as ${id} is answered ${status} ${code}, and no content reaches answer or log`, async (t) => {
    const { app, lines } = await serverWith(t, [things], { people });
    const reply = await app.inject(get(`/v1/things/${id}`));
    assert.equal(reply.statusCode, status);
    assert.equal(reply.json().code, code);
    assert.equal(reply.headers['retry-after'], retryAfter);
    assert.doesNotMatch(reply.body + lines.join(''), /secret/);
  });
}

test('an ETag spares what the reader already has', async (t) => {
  const { app } = await serverWith(t, [things], { people });
  const first = await app.inject(get('/v1/things/x'));
  assert.equal(first.headers['etag'], '"4"');
  for (const tag of ['"4"', 'W/"4"', '"1", "4"', '*']) {
    assert.equal((await app.inject(get('/v1/things/x', { 'if-none-match': tag }))).statusCode, 304);
  }
  assert.equal((await app.inject(get('/v1/things/x', { 'if-none-match': '"5"' }))).statusCode, 200);
  assert.equal(revisionFrom('"17"'), 17);
  for (const bad of ['17', '*', 'W/"17"', '"x"', '"1","2"']) assert.throws(() => revisionFrom(bad));
});

test('a command carries who asks, its idempotency key, its precondition and its trace', async (t) => {
  const { app } = await serverWith(t, [things], { people });
  const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const headers = { 'idempotency-key': 'once', 'if-match': '"3"', traceparent: trace };
  const [one, two] = [
    await app.inject(post({ title: 'a' }, headers)),
    await app.inject(post({ title: 'a' }, headers)),
  ];
  const other = await app.inject(post({ title: 'b' }, headers));
  assert.equal(one.statusCode, 201);
  assert.equal(one.headers['palimpsest-position'], 'testlog.7');
  assert.equal(one.headers['etag'], '"4"');
  const { meta, tenant } = one.json();
  assert.equal(tenant, 'acme');
  assert.equal(meta.principal.member, ada.member);
  assert.equal(meta.expectedRevision, 3);
  assert.equal(meta.traceparent, trace);
  assert.equal(meta.commandId, two.json().meta.commandId);
  assert.equal(meta.commandHash, two.json().meta.commandHash);
  assert.notEqual(meta.commandHash, other.json().meta.commandHash);
  const fresh = await app.inject(post({ title: 'a' }, { traceparent: '00-zz' }));
  assert.notEqual(fresh.json().meta.commandId, meta.commandId);
  assert.equal(fresh.json().meta.traceparent, undefined);
  const bad = await app.inject(post({ title: 'a' }, { 'idempotency-key': 'with space' }));
  assert.equal(bad.json().code, 'request/bad-idempotency-key');
});

test('a reader that names a position waits for the views it reads', async (t) => {
  const asked: unknown[] = [];
  const positions = {
    logId: 'testlog',
    head: async () => 10n,
    reached: async (...args: unknown[]) => {
      asked.push(args.slice(0, 3));
      return args[2] !== 9n;
    },
  };
  const { app } = await serverWith(t, [things], { people, positions });
  const at = (position: string) =>
    app.inject(get('/v1/things/x', { 'palimpsest-min-position': position }));
  assert.equal((await at('testlog.8')).statusCode, 200);
  assert.deepEqual(asked, [['acme', ['things'], 8n]]);
  const late = await at('testlog.9');
  assert.equal(late.statusCode, 503);
  assert.equal(late.json().code, 'position/not-reached');
  assert.ok(late.headers['retry-after']);
  assert.equal((await at('testlog.11')).json().code, 'position/beyond-head');
  assert.equal((await at('elsewhere.1')).json().code, 'position/other-log');
  for (const bad of ['7', 'testlog.', 'testlog.-1', `testlog.${'9'.repeat(19)}`, 'testlog.1.2']) {
    assert.equal((await at(bad)).json().code, 'position/malformed', bad);
  }
});

test('each audience has its own keys', async (t) => {
  const { app } = await serverWith(t, [things], { people });
  const as = (url: string, key?: string) =>
    app.inject({ url, headers: key ? { authorization: `Bearer ${key}` } : {} });
  assert.equal((await as('/admin/v1/things', OPERATOR_KEY)).statusCode, 200);
  assert.equal((await as('/admin/v1/things', KEY)).statusCode, 401);
  assert.equal((await as('/v1/things/x', OPERATOR_KEY)).statusCode, 401);
  const none = await as('/v1/things/x');
  assert.equal(none.statusCode, 401);
  assert.equal(none.json().code, 'auth/missing');
  assert.match(String(none.headers['www-authenticate']), /^Bearer realm=/);
  assert.equal((await as('/v1/things/x', 'plm_acme_k_wrong')).json().code, 'auth/invalid');
});

test('an address that sends many wrong keys is slowed down', async (t) => {
  const { app } = await serverWith(t, [things], { people });
  const statuses = new Set<number>();
  for (let at = 0; at < 130; at++) {
    statuses.add(
      (await app.inject({ url: '/v1/things/x', headers: { authorization: `Bearer plm_${at}` } }))
        .statusCode,
    );
  }
  assert.deepEqual([...statuses], [401, 429]);
  assert.equal((await app.inject(get('/v1/things/x'))).statusCode, 200);
});

test('a read needs the right that its route names', async (t) => {
  const viewer = principalOf('acme', 'reviewer');
  const { app } = await serverWith(
    t,
    [
      async (app) =>
        void app.get(
          '/v1/members',
          { config: { audience: 'tenant', action: 'member.read' } },
          async () => [],
        ),
    ],
    { people: { plm_viewer: viewer, [KEY]: ada } },
  );
  const refused = await app.inject({
    url: '/v1/members',
    headers: { authorization: 'Bearer plm_viewer' },
  });
  assert.equal(refused.json().code, 'right/missing');
  assert.equal((await app.inject(get('/v1/members'))).statusCode, 200);
});

test('what was refused by right is recorded at once, what was malformed once a minute and key', async (t) => {
  const viewer = { ...principalOf('acme', 'viewer'), apiKey: '0123456789abcdef' as ApiKeyId };
  const [byRight, summaries]: unknown[][] = [[], []];
  const refusals = {
    byRight: async (principal: Principal, refusal: object) =>
      void byRight!.push([currentTenant(), principal.member, refusal]),
    summariseSignIns: async () => {},
    summarise: async (principal: Principal, counts: object) =>
      void summaries!.push([principal.apiKey, counts]),
  };
  const people = { plm_viewer: viewer };
  const { app } = await serverWith(
    t,
    [
      things,
      async (app) =>
        void app.get(
          '/v1/members/:id',
          { config: { audience: 'tenant', action: 'member.read' } },
          async () => [],
        ),
    ],
    { people, refusals },
  );
  const headers = { authorization: 'Bearer plm_viewer' };
  await app.inject({ url: '/v1/members/7', headers });
  assert.deepEqual(byRight, [
    [
      'acme',
      viewer.member,
      { action: 'member.read', resourceKind: 'member', resourceId: '7', code: 'right/missing' },
    ],
  ]);
  for (let at = 0; at < 3; at++) await app.inject({ url: '/v1/things/x?wrong=1', headers });
  await app.inject({ url: '/v1/things/rejected', headers });
  await app.flushRefusals();
  await app.flushRefusals();
  assert.deepEqual(summaries, [[viewer.apiKey, { malformed: 3, limited: 0 }]]);
});

test('a route that does not say whose key opens it, or what it does, does not start the server', async (t) => {
  await assert.rejects(
    serverWith(t, [async (app) => void app.get('/v1/open', async () => 1)]),
    /names no audience/,
  );
  await assert.rejects(
    serverWith(t, [
      async (app) => void app.get('/v1/open', { config: { audience: 'tenant' } }, async () => 1),
    ]),
    /names no action/,
  );
});

test('logs say which route was asked by whom, and never what', async (t) => {
  const { app, lines } = await serverWith(t, [things], { people });
  const marker = 'planted-marker';
  await app.inject(post({ title: marker }));
  await app.inject(post(`{"${marker}": "${marker}`));
  await app.inject(post({ [marker]: marker }));
  await app.inject(get(`/v1/things/${marker}?q=${marker}`));
  await app.inject(get(`/${marker}?q=${marker}`));
  await app.inject({
    url: `/v1/things/x`,
    headers: { authorization: `Bearer ${marker}`, [marker]: marker, 'user-agent': marker },
  });
  const log = lines.join('');
  assert.doesNotMatch(log, new RegExp(marker));
  assert.doesNotMatch(log, new RegExp(KEY));
  const answered = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'answered');
  assert.equal(answered.length, 6);
  assert.equal(answered[0].route, '/v1/things');
  assert.equal(answered[0].member, ada.member);
  assert.equal(answered[0].tenant, 'acme');
  const metrics = await app.inject('/metrics');
  assert.equal(metrics.statusCode, 200);
  const counted = metrics.body
    .split('\n')
    .filter((line) => line.startsWith('palimpsest_http_request_duration_seconds_count'));
  assert.ok(
    counted.includes(
      'palimpsest_http_request_duration_seconds_count{method="POST",route="/v1/things",status="201"} 1',
    ),
  );
  assert.equal(new RegExp(`${marker}|acme|${ada.member}`).exec(metrics.body), null);
});

test('one look at the metrics shows how far each view is, and what became of commands', async (t) => {
  const standing = {
    name: 'things',
    version: 1,
    generation: 2,
    status: 'serving',
    caughtUp: true,
    position: 9n,
    events: 3,
    ofEvents: 5,
    lagEvents: 2,
    lagSeconds: 1.5,
    stalled: false,
    parkedStreams: 1,
  } as const;
  let looks = 0;
  const standings = async () => {
    looks += 1;
    if (looks > 1) throw new Error('the database is down');
    return [standing];
  };
  const { app } = await serverWith(t, [things], { people, standings });
  await app.inject(post({ title: 'a' }));
  await app.inject(post({ title: 7 }));
  const lines = (await app.inject('/metrics')).body.split('\n');
  assert.equal(looks, 1);
  for (const line of [
    'palimpsest_projection_lag_events{projection="things",status="serving"} 2',
    'palimpsest_projection_lag_seconds{projection="things",status="serving"} 1.5',
    'palimpsest_projection_stalled{projection="things",status="serving"} 0',
    'palimpsest_projection_parked_streams{projection="things",status="serving"} 1',
    'palimpsest_commands_total{action="document.edit",outcome="done"} 1',
    'palimpsest_commands_total{action="document.edit",outcome="refused"} 1',
  ])
    assert.ok(lines.includes(line), line);
  const down = await app.inject('/metrics');
  assert.equal(down.statusCode, 200);
  assert.ok(!down.body.includes('projection="things"'));
});

test('the server describes itself: OpenAPI 3.1, a docs page, health and readiness', async (t) => {
  const { app } = await serverWith(t, [things], {
    people,
    readiness: async () => ({ ready: false, waitingFor: ['things'], degraded: [] }),
  });
  const root = await app.inject('/');
  assert.equal(root.statusCode, 302);
  assert.equal(root.headers['location'], '/docs');
  const spec = (await app.inject('/openapi.json')).json();
  assert.match(spec.openapi, /^3\.1/);
  assert.ok(
    spec.paths['/v1/things'].post.requestBody.content['application/json'].schema.properties.title,
  );
  assert.equal(
    spec.paths['/v1/things'].post.requestBody.content['application/json'].schema
      .additionalProperties,
    false,
  );
  const { get } = spec.paths['/v1/things/{id}'];
  const named = (operation: { parameters: { in: string; name: string }[] }) =>
    operation.parameters.filter((one) => one.in === 'header').map(({ name }) => name);
  assert.deepEqual(named(get), ['palimpsest-min-position']);
  assert.deepEqual(named(spec.paths['/v1/things'].post), ['idempotency-key', 'if-match']);
  assert.ok(get.responses.default.content['application/problem+json'].schema.properties.code);
  assert.deepEqual(spec.paths['/healthz'].get.security, []);
  assert.equal(get.security, undefined);
  const docs = await app.inject('/docs/');
  assert.equal(docs.statusCode, 200, docs.body);
  assert.match(docs.body, /swagger-ui/);
  assert.equal((await app.inject('/healthz')).statusCode, 200);
  const readyz = await app.inject('/readyz');
  assert.equal(readyz.statusCode, 503);
  assert.deepEqual(readyz.json(), { ready: false, waitingFor: ['things'], degraded: [] });
  assert.deepEqual((await app.inject('/problems/document/archived')).json(), {
    code: 'document/archived',
    status: 409,
  });
});

test('other origins are closed out by default and let in by name', async (t) => {
  const closed = await serverWith(t, [things], { people });
  const preflight = {
    method: 'OPTIONS' as const,
    url: '/v1/things',
    headers: { origin: 'https://app.test', 'access-control-request-method': 'POST' },
  };
  assert.equal(
    (await closed.app.inject(preflight)).headers['access-control-allow-origin'],
    undefined,
  );
  const open = await serverWith(t, [things], { people, corsOrigins: ['https://app.test'] });
  assert.equal(
    (await open.app.inject(preflight)).headers['access-control-allow-origin'],
    'https://app.test',
  );
});
