import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FastifyInstance, InjectOptions } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { sql } from 'kysely';
import { serverWith } from '#test/support/http.ts';
import { type RealServer, never, realServer } from '#test/support/real-server.ts';
import { tablesWithoutTenancy } from '#test/support/tenancy-of-tables.ts';

// Driven by the routes and the tables that there are: whoever adds one is asked here whose it is.

type Method = NonNullable<InjectOptions['method']>;
type Probe = { readonly method: Method; readonly url: string; readonly audience: string };

/** Every method and address of the application, but answers to browsers' preflights. */
const probesOf = (app: FastifyInstance): Probe[] =>
  app.servedRoutes
    .filter(({ url }) => url !== '*')
    .flatMap(({ url, methods, route }) =>
      methods.map((method) => ({
        method,
        url,
        audience: route.config?.audience ?? 'nobody',
      })),
    );

/** Nothing that belongs to the other tenant may have this in its answer. */
const SECRET = 'zebrafish';
const versionName = `${SECRET} 1`;

/** One of each kind, whose ids stand in for the parameters of routes. */
type Things = {
  readonly document: string;
  readonly branch: string;
  readonly member: string;
  readonly group: string;
  readonly apiKey: string;
  readonly identityProvider: string;
  readonly providerKey: string;
  readonly policy: string;
  readonly budget: string;
  readonly webhook: string;
  readonly version: string;
  readonly comment: string;
  readonly suggestion: string;
  readonly generation: string;
};

async function fill({ make }: RealServer, key: string, word: string): Promise<Things> {
  const id = async (url: string, body: object) => (await make(key, 'POST', url, body))['id'] ?? '';
  const markdown = `# ${word}\n\nAll of ${word}.\n`;
  const document = await id('/v1/documents', { title: word, markdown, folder: word });
  const member = await id('/v1/members', {
    name: word,
    email: `${word}@example.com`,
    roles: ['editor'],
  });
  const group = await id('/v1/groups', { name: word });
  await make(key, 'PUT', `/v1/groups/${group}/members/${member}`, {});
  const access = { members: { [member]: 'editor' }, groups: { [group]: 'viewer' } };
  await make(key, 'PUT', `/v1/documents/${document}/access`, access);
  const edits = [{ type: 'insertText', at: 0, text: word }];
  await make(key, 'POST', `/v1/documents/${document}/edits`, { edits });
  await make(key, 'POST', `/v1/documents/${document}/versions`, { name: `${word} 1` });
  const branch = await id(`/v1/documents/${document}/branches`, {});
  const range = { at: 0, count: 3 };
  const comment = await id(`/v1/documents/${document}/comments`, { ...range, text: word });
  const suggestion = await id(`/v1/documents/${document}/suggestions`, {
    ...range,
    replacement: word,
  });
  const apiKey = await id('/v1/api-keys', { memberId: member, roles: ['editor'], name: word });
  const issuer = `https://${word}.example.com`;
  const rules = [{ claim: ['groups'], value: word, roles: ['editor'] }];
  const identityProvider = await id('/v1/identity-providers', { issuer, rules });
  const ownKey = { provider: 'openai', key: `sk-of-${word}-0123456789` };
  const providerKey = await id('/v1/provider-keys', ownKey);
  const messages = [{ role: 'user', content: `Summarise: all of ${word} is told here.` }];
  const generation = await id('/v1/generations', { model: 'offline', messages });
  const policy = `p-${never.hex()}`;
  await make(key, 'PUT', `/v1/policies/${policy}`, { detectors: [] });
  const budget = `member:${member}`;
  await make(key, 'PUT', `/v1/budgets/${budget}`, { tokensPerDay: 1_000_000 });
  const webhook = await id('/v1/webhooks', { url: `https://${word}.example.com/hook` });
  const version = `${word} 1`;
  return {
    document,
    branch,
    member,
    group,
    apiKey,
    identityProvider,
    providerKey,
    policy,
    budget,
    webhook,
    version,
    comment,
    suggestion,
    generation,
  };
}

const neverThere = (): Things => ({
  document: never.uuid(),
  branch: never.uuid(),
  member: never.uuid(),
  group: never.uuid(),
  apiKey: never.hex(),
  identityProvider: never.uuid(),
  providerKey: never.uuid(),
  policy: 'of-nobody',
  budget: `member:${never.uuid()}`,
  webhook: never.uuid(),
  version: 'of nobody',
  comment: never.uuid(),
  suggestion: never.uuid(),
  generation: never.uuid(),
});

/** What a parameter of a route names. A route that is not known here is refused, not skipped. */
const parameters: Readonly<Record<string, Readonly<Record<string, keyof Things>>>> = {
  '/v1/documents/': {
    id: 'document',
    name: 'version',
    branchId: 'branch',
    commentId: 'comment',
    suggestionId: 'suggestion',
  },
  '/v1/members/': { id: 'member' },
  '/v1/groups/': { id: 'group', memberId: 'member' },
  '/v1/api-keys/': { id: 'apiKey' },
  '/v1/identity-providers/': { id: 'identityProvider' },
  '/v1/provider-keys/': { id: 'providerKey' },
  '/v1/generations/': { id: 'generation' },
  '/v1/policies/': { policyId: 'policy' },
  '/v1/budgets/': { scope: 'budget' },
  '/v1/webhooks/': { id: 'webhook' },
};

function kindOf(url: string, parameter: string): keyof Things {
  const start = Object.keys(parameters).find((start) => url.startsWith(start));
  const kind = parameters[start ?? '']?.[parameter];
  if (kind !== undefined) return kind;
  throw new Error(
    `${url}: what does :${parameter} name? Add it to \`parameters\`, so that the ids of another ` +
      `tenant are tried on it.`,
  );
}

const parametersOf = (url: string) => [...url.matchAll(/:(\w+)/g)].map(([, name]) => name ?? '');

/** Bodies that pass the schemas, so that it is the id that is refused. */
const bodies: Readonly<Record<string, (ids: Things) => object>> = {
  'POST /v1/documents/:id/edits': () => ({ edits: [{ type: 'insertText', at: 0, text: 'x' }] }),
  'PATCH /v1/documents/:id': () => ({ title: 'mine now' }),
  'PUT /v1/documents/:id/access': (ids) => ({ members: { [ids.member]: 'editor' }, groups: {} }),
  'POST /v1/documents/:id/undo': () => ({}),
  'POST /v1/documents/:id/redo': () => ({ scope: 'document' }),
  'POST /v1/documents/:id/changes': () => ({
    actor: '0123456789abcdef0123456789abcdef',
    token: 'none',
    group: never.uuid(),
    changes: ['AAAA'],
  }),
  'POST /v1/documents/:id/restore': (ids) => ({ at: `version:${ids.version}` }),
  'POST /v1/documents/:id/branches': () => ({ title: 'mine' }),
  'POST /v1/documents/:id/versions': () => ({ name: 'mine' }),
  'POST /v1/documents/:id/comments': () => ({ at: 0, count: 1, text: 'mine' }),
  'POST /v1/documents/:id/comments/:commentId/replies': () => ({ text: 'mine' }),
  'POST /v1/documents/:id/suggestions': () => ({ at: 0, count: 1, replacement: 'mine' }),
  'POST /v1/generations/:id/outcome': () => ({ outcome: 'accepted' }),
  'PATCH /v1/members/:id': () => ({ name: 'Mallory' }),
  'PATCH /v1/groups/:id': () => ({ name: 'mine' }),
  'PUT /v1/policies/:policyId': () => ({ detectors: [] }),
  'PUT /v1/budgets/:scope': () => ({ tokensPerDay: 1 }),
  'PATCH /v1/identity-providers/:id': () => ({ admitsNew: true, defaultRoles: ['admin'] }),
};
const BODILESS =
  /\/(?:archive|unarchive|deactivate|reactivate|live-tickets|actors|resolve|reopen|accept|reject|merge|cancel)$/;

/** A tenant gives these names itself: writing to one that another tenant uses too makes its own. */
const MAKES_ITS_OWN = /^(?:PUT|DELETE) \/v1\/policies\//;

function bodyFor({ method, url }: Probe, ids: Things): object | undefined {
  const made = bodies[`${method} ${url}`]?.(ids);
  const needsOne = method === 'POST' || method === 'PATCH';
  if (made === undefined && needsOne && !BODILESS.test(url)) {
    throw new Error(`${method} ${url}: add a valid body to \`bodies\`.`);
  }
  return made;
}

const addressOf = (url: string, ids: Things) =>
  url.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(ids[kindOf(url, name)]));

/** Queries that a route insists on. */
const queries: Readonly<Record<string, string>> = {
  '/v1/documents/:id/diff': '?from=revision:0&to=revision:1',
};

/** Other ids that a request can hold: in a query, or in a body of a route without parameters. */
const elsewhere: readonly ((ids: Things, tenant: string) => InjectOptions)[] = [
  (ids) => ({ method: 'GET', url: `/v1/api-keys?member=${ids.member}` }),
  (ids) => ({ method: 'GET', url: `/v1/usage?by=model&document=${ids.document}` }),
  (ids) => ({ method: 'GET', url: `/v1/usage?by=key&key=${ids.apiKey}` }),
  (ids) => ({ method: 'GET', url: `/v1/usage/export?member=${ids.member}` }),
  (ids) => ({ method: 'GET', url: `/v1/audit/events?stream=document/${ids.document}` }),
  (ids, tenant) => ({
    method: 'GET',
    url: `/v1/audit/events?stream=${tenant}/document/${ids.document}`,
  }),
  (ids) => ({
    method: 'POST',
    url: '/v1/api-keys',
    payload: { memberId: ids.member, roles: ['editor'] },
  }),
  (ids) => ({
    method: 'POST',
    url: '/v1/generations',
    payload: {
      model: 'offline',
      messages: [{ role: 'user', content: 'Summarise.' }],
      target: { document: ids.document, section: '0123456789abcdef', as: 'suggest' },
    },
  }),
];

/** An answer without what differs from request to request. */
function comparable(answer: Awaited<ReturnType<RealServer['send']>>, ids: Things) {
  const body = Object.values(ids)
    .reduce((text, id) => text.replaceAll(id, '<id>'), answer.body)
    .replaceAll(/"correlationId":"[^"]*"/g, '"correlationId":""');
  const { etag, location, vary } = answer.headers;
  return {
    status: answer.statusCode,
    body,
    etag,
    location,
    vary,
    type: answer.headers['content-type'],
  };
}

function assertTellsNothing(answer: { body: string; headers: object }, ids: Things, asked: string) {
  const text = answer.body + JSON.stringify(answer.headers);
  for (const secret of [SECRET, ...Object.values(ids)]) {
    // What the caller has just sent is no news to them.
    if (secret !== SECRET && asked.includes(secret)) continue;
    assert.ok(!text.includes(secret), `${asked} tells ${secret} of the other tenant:\n${text}`);
  }
}

async function twoTenants(t: Parameters<typeof realServer>[0]) {
  const server = await realServer(t);
  const ours = await server.tenant('ours', 'Ours');
  const theirs = await server.tenant('theirs', SECRET);
  const own = await fill(server, ours.key, 'heron');
  const foreign = await fill(server, theirs.key, SECRET);
  assert.equal(foreign.version, versionName);
  // The last position written, so that what is read holds all of the above.
  const [last] = (await server.eventsAfter(0n)).slice(-1);
  const head = `${server.app.logId}.${last?.position}`;
  return { server, ours, theirs, own, foreign, head };
}

test('another tenant’s ids are answered like ids that never existed, on every route', async (t) => {
  const { server, ours, theirs, own, foreign, head } = await twoTenants(t);
  const { app, send } = server;
  const headers = { 'palimpsest-min-position': head };
  const probes = probesOf(app).filter(({ audience }) => audience === 'tenant');
  const withIds = probes.filter(({ url }) => url.includes(':'));
  assert.ok(withIds.length >= 20, `only ${withIds.length} routes were found`);

  for (const probe of withIds) {
    const { method, url } = probe;
    const names = parametersOf(url);
    // All parameters foreign, then one of them after the other among our own ids.
    const chosen = [names, ...(names.length > 1 ? names.map((name) => [name]) : [])];
    for (const foreignNames of chosen) {
      const ids = (of: Things) => ({
        ...own,
        ...Object.fromEntries(foreignNames.map((n) => [kindOf(url, n), of[kindOf(url, n)]])),
      });
      const ask = async (of: Things) => {
        const payload = bodyFor(probe, { ...ids(of), version: of.version });
        const answer = await send(ours.key, {
          method,
          url: addressOf(url, ids(of)) + (queries[url] ?? ''),
          headers,
          ...(payload && { payload }),
        });
        return { answer, seen: comparable(answer, of) };
      };
      const makesItsOwn = MAKES_ITS_OWN.test(`${method} ${url}`);
      const named = makesItsOwn ? foreign.policy : 'of the other tenant';
      const asked = `${method} ${url} (${foreignNames.join()} ${named})`;
      const nobodys = neverThere();
      const [theirsSeen, neverSeen] = [await ask(foreign), await ask(nobodys)];
      assert.deepEqual(theirsSeen.seen, neverSeen.seen, asked);
      assertTellsNothing(theirsSeen.answer, foreign, asked);
      // Taking what is not there off our own object may be no error; it is the same answer.
      if (makesItsOwn || !foreignNames.includes(names[0] ?? '')) continue;
      const hint = 'add what else it insists on to `bodies` or `queries`';
      assert.doesNotMatch(theirsSeen.seen.body, /route\/not-found/, asked);
      assert.equal(theirsSeen.seen.status, 404, `${asked}: ${theirsSeen.answer.body} (${hint})`);
    }
  }

  for (const request of elsewhere) {
    const ask = async (of: Things, tenant: string) => {
      const answer = await send(ours.key, { ...request(of, tenant), headers });
      return { answer, seen: comparable(answer, of) };
    };
    const theirsSeen = await ask(foreign, theirs.tenantId);
    const url = JSON.stringify(request(foreign, theirs.tenantId));
    assert.deepEqual(theirsSeen.seen, (await ask(neverThere(), 'nobody')).seen, url);
    assertTellsNothing(theirsSeen.answer, foreign, url);
  }
  // It was not the answers only: what is theirs is as they left it.
  const streams = new Set(Object.values({ ...foreign, policy: theirs.tenantId }));
  const since = await server.eventsAfter(BigInt(head.split('.')[1] ?? 0));
  const touched = since.filter(
    ({ stream }) =>
      streams.has(stream.split('/')[2] ?? '') || stream.startsWith(`${theirs.tenantId}/`),
  );
  assert.deepEqual(touched, []);
});

test('what a tenant lists holds nothing of another tenant', async (t) => {
  const { server, ours, theirs, own, foreign, head } = await twoTenants(t);
  const headers = { 'palimpsest-min-position': head };
  const lists = probesOf(server.app).filter(
    ({ audience, method, url }) => audience === 'tenant' && method === 'GET' && !url.includes(':'),
  );
  assert.ok(lists.length >= 5);
  const seenByThem: string[] = [];
  for (const { method, url } of lists) {
    const answer = await server.send(ours.key, { method, url, headers });
    assert.equal(answer.statusCode, 200, `${url}: ${answer.body}`);
    assertTellsNothing(answer, { ...foreign, version: theirs.memberId }, `GET ${url}`);
    // The same list does hold it for whom it belongs to: it is not just empty.
    seenByThem.push((await server.send(theirs.key, { method, url, headers })).body);
  }
  const everything = seenByThem.join();
  const { document, member, group, apiKey, identityProvider, providerKey } = foreign;
  for (const id of [document, member, group, apiKey, identityProvider, providerKey]) {
    assert.ok(everything.includes(id), `no list shows ${id} to its own tenant`);
  }
  // A search, a folder and a cursor of theirs find nothing either.
  const cursor = (
    await server.send(theirs.key, { method: 'GET', url: '/v1/documents?limit=1' })
  ).json<{
    nextCursor?: string;
  }>().nextCursor;
  for (const query of [
    `q=${SECRET}`,
    `folder=${SECRET}`,
    ...(cursor ? [`cursor=${cursor}`] : []),
  ]) {
    const url = `/v1/documents?${query}`;
    const answer = await server.send(ours.key, { method: 'GET', url, headers });
    assertTellsNothing(answer, foreign, url);
  }
  assert.notEqual(own.document, foreign.document);
});

test('each route opens for keys of its audience only', async (t) => {
  const server = await realServer(t);
  const { key } = await server.tenant('ours', 'Ours');
  const wrongKeys = { tenant: server.operatorKey, operator: key };
  let asked = 0;
  for (const { method, url, audience } of probesOf(server.app)) {
    assert.ok(['tenant', 'operator', 'public'].includes(audience), `${method} ${url}: ${audience}`);
    if (audience === 'public') continue;
    const address = url.replaceAll(/:\w+/g, () => never.uuid());
    const wrong = wrongKeys[audience as keyof typeof wrongKeys];
    // An address may fail so often and no more: the rest would be refused as too many.
    const remoteAddress = `192.0.2.${Math.floor(asked / 100)}`;
    const answer = await server.send(wrong, { method, url: address, remoteAddress });
    assert.equal(answer.statusCode, 401, `${method} ${url} with a key of the wrong audience`);
    asked += 1;
  }
  assert.ok(asked >= 120, `only ${asked} were asked`);
});

test('every table has its tenants apart, or says why it has none', async (t) => {
  const { server, ours } = await twoTenants(t);
  const { violations, tables } = await tablesWithoutTenancy(server.database, ours.tenantId);
  assert.deepEqual(violations, []);
  for (const wanted of [/^public\.events$/, /^document_list_v\d+_g\d+\./]) {
    assert.ok(
      tables.some((table) => wanted.test(table)),
      `${wanted} is among ${tables.join()}`,
    );
  }
});

test('a table without tenancy is noticed', async (t) => {
  const { server, ours } = await twoTenants(t);
  const { database } = server;
  await database.asOwner(async (tx) => {
    await sql`create table notes (id integer primary key, note text)`.execute(tx);
    await sql`create table loose (tenant_id text, id integer, primary key (id))`.execute(tx);
    await sql`insert into loose values ('theirs', 1)`.execute(tx);
    await sql`grant select on loose to palimpsest_app`.execute(tx);
    await sql`create table named (id integer primary key)`.execute(tx);
    await sql`comment on table named is 'platform: belongs to nobody'`.execute(tx);
  });
  const { violations } = await tablesWithoutTenancy(database, ours.tenantId);
  assert.deepEqual(violations, [
    'public.loose: its primary key does not start with tenant_id',
    'public.loose: row-level security is not forced',
    'public.loose shows rows of theirs to ours',
    'public.loose shows rows of theirs to no tenant',
    "public.notes has no tenant_id, and no comment 'platform: …' that says why",
  ]);
});

test('a route that says not whose it is, or what it does, is not served', async (t) => {
  const route =
    (config: object): FastifyPluginAsyncZod =>
    async (app) => {
      app.get('/v1/things/:thing', { config }, async () => ({}));
    };
  await assert.rejects(serverWith(t, [route({})]), /GET \/v1\/things\/:thing names no audience/);
  await assert.rejects(
    serverWith(t, [route({ audience: 'tenant' })]),
    /GET \/v1\/things\/:thing names no action/,
  );
  const { app } = await serverWith(t, [route({ audience: 'tenant', action: 'document.read' })]);
  const probe = probesOf(app).find(({ url }) => url.includes('things'));
  assert.throws(() => addressOf(probe?.url ?? '', neverThere()), /what does :thing name\?/);
});
