import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { InjectOptions, RouteOptions } from 'fastify';
import {
  deepest,
  nastyBodies,
  nastyHeaders,
  nastyQueries,
  nastySegments,
  nastyTypes,
  nastyValues,
  spoilt,
} from '#test/support/nasty.ts';
import { type Random, seededRandom } from '#test/support/random.ts';
import { type RealServer, never, realServer } from '#test/support/real-server.ts';
import { sampleBody } from '#test/support/sample-body.ts';

// FUZZ_SEED repeats a run; FUZZ_SECONDS makes it longer than it is among the other tests.
const SEED = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 32));
const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 5);

type Method = NonNullable<InjectOptions['method']>;
type Probe = { readonly method: Method; readonly url: string; readonly route: RouteOptions };
type Answer = Awaited<ReturnType<RealServer['send']>>;
/** A request and the key it comes with. */
type Sent = {
  readonly method: Method;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload?: string | Buffer;
};

/** The only events that a refused request may leave. */
const OF_REFUSALS = new Set(['ActionRefused', 'RequestsRefused', 'AuditRead']);

async function fuzzed(t: TestContext) {
  // Where nobody listens: what is asked of a provider fails at once.
  const server = await realServer(t, { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' });
  const { app, make, operatorKey } = server;
  const { key } = await server.tenant('ours', 'Ours');
  let count = 0;
  let webhook: string | undefined;
  let head = 0n;

  /** Things that a request may change for good, made anew for each route. */
  const fresh = async () => {
    count += 1;
    const tenantId = `victim-${count}`;
    const post = async (url: string, body: object) => (await make(key, 'POST', url, body))['id'];
    const markdown = '# One\n\nFirst.\n\n# Two\n\nSecond.\n';
    const document = await post('/v1/documents', { title: 'A', markdown });
    await make(key, 'POST', `/v1/documents/${document}/versions`, { name: 'draft' });
    const member = await post('/v1/members', { name: 'Bob', roles: ['editor'] });
    const plan = 'starter';
    await make(operatorKey, 'POST', '/admin/v1/tenants', { tenantId, name: 'V', plan });
    const group = await post('/v1/groups', { name: `G${count}` });
    const apiKey = await post('/v1/api-keys', { memberId: member, roles: ['editor'] });
    const issuer = `https://id-${count}.example.com`;
    const identityProvider = await post('/v1/identity-providers', { issuer });
    const ownKey = { provider: 'openai', key: `sk-${never.hex()}` };
    const providerKey = await post('/v1/provider-keys', ownKey);
    const policy = `policy-${count}`;
    await make(key, 'PUT', `/v1/policies/${policy}`, { detectors: [] });
    const scope = `label:team=t${count}`;
    await make(key, 'PUT', `/v1/budgets/${scope}`, { tokensPerDay: 1_000_000 });
    const on = `/v1/documents/${document}`;
    const range = { at: 2, count: 3 };
    const comment = await post(`${on}/comments`, { ...range, text: 'Why one?' });
    const suggestion = await post(`${on}/suggestions`, { ...range, replacement: 'Two' });
    const messages = [{ role: 'user', content: 'Summarise: the heron fishes.' }];
    const generation = await post('/v1/generations', { model: 'offline', messages });
    // A tenant has only so many at a time.
    const url = `/v1/webhooks/${webhook}`;
    if (webhook !== undefined) await server.send(key, { method: 'DELETE', url });
    webhook = await post('/v1/webhooks', { url: 'https://hooks.example.com/in' });
    head = (await server.eventsAfter(head)).at(-1)?.position ?? head;
    return {
      comment,
      suggestion,
      document,
      member,
      group,
      apiKey,
      identityProvider,
      providerKey,
      generation,
      policy,
      scope,
      webhook,
      tenant: tenantId,
    };
  };
  type Things = Awaited<ReturnType<typeof fresh>>;

  const segments = (url: string, things: Things): Record<string, string> => {
    const id = {
      documents: things.document,
      members: things.member,
      groups: things.group,
      'api-keys': things.apiKey,
      'identity-providers': things.identityProvider,
      tenants: things.tenant,
      'provider-keys': things.providerKey,
      generations: things.generation,
      webhooks: things.webhook,
      plans: 'starter',
      providers: 'openai',
      // Not the one that things are made with.
      models: 'gpt-5.2',
      prices: 'gpt-5.2',
      cascades: 'converse',
    }[url.replace(/^(?:\/admin)?\/v1\//, '').split('/')[0] ?? ''];
    const name = url.includes('/versions/') ? 'draft' : 'document_list';
    return {
      id: id ?? never.uuid(),
      policyId: things.policy,
      scope: things.scope,
      memberId: things.member ?? '',
      generationId: things.generation ?? '',
      commentId: things.comment ?? '',
      suggestionId: things.suggestion ?? '',
      name,
      area: 'request',
    };
  };

  /** A request that is right, or nearly. */
  const sound = ({ method, url, route }: Probe, things: Things, random: Random): Sent => {
    const values = segments(url, things);
    const known = {
      memberId: things.member,
      tenantId: `new-${never.hex()}`,
      plan: 'starter',
      email: 'bob@example.com',
      stream: `ours/document/${things.document}`,
      at: 'revision:0',
      section: never.hex(),
      after: never.hex(),
      timeZone: 'Europe/Vienna',
      expiresAt: new Date(Date.now() + 600_000).toISOString(),
      model: 'offline',
      document: things.document,
      models: 'offline',
      provider: 'openai',
      key: `sk-${never.hex()}`,
      baseUrl: 'https://llm.example.com/v1',
      regions: 'eu-central',
      takesTenantKeys: true,
      callsTools: true,
      writesJson: true,
      withdrawn: false,
      free: true,
      validFrom: new Date(Date.now() + 600_000).toISOString(),
      features: 'documents',
      packs: 'pack',
      region: 'eu',
      url: 'https://hooks.example.com/in',
      issuer: `https://${never.hex()}.example.com`,
      claim: 'groups',
      subject: never.hex(),
      actor: never.hex() + never.hex(),
      changes: 'AAAA',
      group: never.uuid(),
    };
    const body = sampleBody(route.schema?.body, known, random);
    const operator = route.config?.audience === 'operator';
    return {
      method,
      url: url.replaceAll(/:(\w+)/g, (_, name: string) => values[name] ?? never.uuid()),
      headers: {
        authorization: `Bearer ${operator ? operatorKey : key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { payload: JSON.stringify(body) }),
    };
  };

  const check = async (sent: Sent, seed: string): Promise<Answer> => {
    // Something that answers for ever (`follow`) is cut off, and would be a failure of this test.
    const answer = await app.inject({ ...sent, signal: AbortSignal.timeout(20_000) });
    const appended = await server.eventsAfter(head);
    head = appended.at(-1)?.position ?? head;
    const problem = problemWith(sent, answer, appended);
    assert.equal(
      problem,
      undefined,
      `${problem}\n${shown(sent)}\n${answer.body.slice(0, 600)}\n${seed}`,
    );
    return answer;
  };
  return { app, fresh, sound, check };
}

const shown = ({ method, url, headers, payload }: Sent) => {
  const { authorization: _, ...others } = headers;
  const body = Buffer.isBuffer(payload) ? payload.toString('latin1') : (payload ?? '');
  return [method, url, JSON.stringify(others), body].map((part) => part.slice(0, 400)).join(' ');
};

/** What is wrong with an answer to whatever was asked. */
function problemWith(
  { method, url }: Sent,
  answer: Answer,
  appended: readonly { type: string; stream: string }[],
): string | undefined {
  const { statusCode } = answer;
  if (statusCode < 400) return undefined;
  const left = appended.filter(({ type }) => !OF_REFUSALS.has(type));
  if (left.length > 0) {
    const written = left.map(({ type, stream }) => `${type} to ${stream}`);
    return `It was refused and wrote ${written.join(', ')}`;
  }
  // While views catch up this is its answer, not a failure.
  if (url.startsWith('/readyz') && statusCode === 503) return undefined;
  if (!String(answer.headers['content-type']).startsWith('application/problem+json')) {
    return `A refusal is ${answer.headers['content-type']}`;
  }
  if (method === 'HEAD') return statusCode >= 500 ? `It answered ${statusCode}` : undefined;
  return detailsMissing(answer);
}

function detailsMissing(answer: Answer): string | undefined {
  const body = answer.json<Record<string, unknown>>();
  const { type, title, status, code, errors } = body;
  if (answer.statusCode >= 500) return `It answered ${answer.statusCode} ${String(code)}`;
  if (status !== answer.statusCode) return `Its status is ${String(status)}`;
  if (typeof code !== 'string' || !/^[a-z-]+\/[a-z0-9-]+$/.test(code)) return 'It has no code';
  if (type !== `/problems/${code}`) return `Its type is ${String(type)}`;
  if (typeof title !== 'string' || title.length < 10) return 'Its title says nothing';
  const isOfFields = code === 'request/invalid' || code === 'request/over-limit';
  return isOfFields && !namesFields(errors) ? 'It does not say which field is wrong' : undefined;
}

const namesFields = (errors: unknown): boolean =>
  Array.isArray(errors) && errors.length > 0 && errors.every(isFieldError);

const isFieldError = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  ['in', 'path', 'message'].every((key) => typeof error[key as keyof typeof error] === 'string') &&
  (error as { message: string }).message !== '';

const probesOf = ({ app }: Awaited<ReturnType<typeof fuzzed>>): Probe[] =>
  app.servedRoutes
    .filter(({ url }) => url !== '*')
    .flatMap(({ url, methods, route }) => methods.map((method) => ({ method, url, route })));

const pick = <T>(from: readonly T[], random: Random): T => {
  const found = from[random.below(from.length)];
  assert.ok(found !== undefined);
  return found;
};

const queryNames = ({ route }: Probe): readonly string[] => {
  const shape = (route.schema?.querystring as { shape?: object } | undefined)?.shape;
  return ['limit', ...Object.keys(shape ?? {})];
};

/** `follow` answers until the client goes. */
const endsBySelf = (query: string) => !/(?:^|&)follow(?:=|=true)?(?:&|$)/.test(query);

function withQuery(sent: Sent, probe: Probe, random: Random): Sent {
  const wrong = pick(nastyQueries, random).replaceAll('NAME', pick(queryNames(probe), random));
  return endsBySelf(wrong) ? { ...sent, url: `${sent.url}?${wrong}` } : sent;
}

function withSegment(sent: Sent, probe: Probe, random: Random): Sent {
  const parts = probe.url.split('/');
  const places = parts.flatMap((part, at) => (/^[:*]/.test(part) ? [at] : []));
  if (places.length === 0) return { ...sent, url: `${sent.url}/${pick(nastySegments, random)}` };
  const given = sent.url.split('/');
  return { ...sent, url: given.with(pick(places, random), pick(nastySegments, random)).join('/') };
}

function withHeaders(sent: Sent, log: string, random: Random): Sent {
  const all = nastyHeaders(log);
  const wrong = Object.fromEntries(
    random.next() < 0.5 ? [pick(all, random)] : [pick(all, random), pick(all, random)],
  );
  return { ...sent, headers: { ...sent.headers, ...wrong } };
}

const withBody = (sent: Sent, payload: string | Buffer, type = 'application/json'): Sent => ({
  ...sent,
  payload,
  headers: { ...sent.headers, 'content-type': type },
});

const bodyOf = ({ payload }: Sent): unknown =>
  payload === undefined ? {} : JSON.parse(payload.toString());

const takesBody = ({ method, route }: Probe) =>
  route.schema?.body !== undefined || method === 'POST' || method === 'PUT' || method === 'PATCH';

test('a sound request passes the shapes of every route, so the fuzz reaches what is behind them', async (t) => {
  const world = await fuzzed(t);
  for (const probe of probesOf(world).filter(({ route }) => route.schema?.body !== undefined)) {
    // Each route has numbers of its own, so that a new one does not change the luck of the others.
    const random = seededRandom(1);
    const codes = new Set<string>();
    const things = await world.fresh();
    for (let attempt = 0; attempt < 12 && !codes.has('ok'); attempt += 1) {
      const answer = await world.check(world.sound(probe, things, random), 'seed 1');
      codes.add(answer.statusCode < 400 ? 'ok' : answer.json<{ code: string }>().code);
    }
    codes.delete('request/invalid');
    const hint = 'tell `known` what its fields hold';
    assert.ok(codes.size > 0, `${probe.method} ${probe.url} was never valid: ${hint}`);
  }
});

test('whatever a body is, a refusal explains itself and leaves nothing behind', async (t) => {
  const world = await fuzzed(t);
  const random = seededRandom(SEED);
  const seed = `FUZZ_SEED=${SEED}`;
  for (const probe of probesOf(world).filter(takesBody)) {
    const sound = world.sound(probe, await world.fresh(), random);
    // Some for each route, others in each run; the deepest, which could end the process, always.
    const some = <T>(from: readonly T[], count: number): T[] =>
      Array.from({ length: count }, () => pick(from, random));
    for (const body of [...deepest, ...some(nastyBodies, 8), ...some(nastyValues, 6)]) {
      await world.check(withBody(sound, body), seed);
    }
    for (const type of some(nastyTypes, 4)) {
      await world.check(withBody(sound, sound.payload ?? '{}', type), seed);
    }
  }
});

test('whatever one part of a request is, a refusal explains itself and leaves nothing behind', async (t) => {
  const world = await fuzzed(t);
  const random = seededRandom(SEED);
  const seed = `FUZZ_SEED=${SEED}`;
  const end = performance.now() + SECONDS * 1_000;
  const probes = probesOf(world);
  const shared = await world.fresh();
  const statuses = new Map<number, number>();
  // One round goes over every route, however slow the machine is.
  for (let round = 0; round === 0 || performance.now() < end; round += 1) {
    for (const probe of probes) {
      const isRead = probe.method === 'GET' || probe.method === 'HEAD';
      const things = isRead ? shared : await world.fresh();
      const ask = async (change: (sent: Sent) => Sent) => {
        const sent = change(world.sound(probe, things, random));
        const { statusCode } = await world.check(sent, seed);
        statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1);
      };
      await ask((sent) => withQuery(sent, probe, random));
      await ask((sent) => withSegment(sent, probe, random));
      await ask((sent) => withHeaders(sent, world.app.logId, random));
      if (!takesBody(probe)) continue;
      for (let times = 0; times < 6; times += 1) {
        await ask((sent) => withBody(sent, spoilt(bodyOf(sent), random)));
      }
      await ask((sent) => withHeaders(withQuery(sent, probe, random), world.app.logId, random));
    }
  }
  // It did try what it is for: shapes, addresses, and what the domain says to odd but valid input.
  for (const status of [200, 400, 404])
    assert.ok(statuses.has(status), `no ${status} at all; ${seed}`);
});
