import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { Clock } from '#commands/ports.ts';
import { shippedPlans } from '#domain/plan/shipped-plans.ts';
import { memberOfIdentity } from '#domain/identity-provider/ids.ts';
import type { TenantId } from '#domain/ids.ts';
import { OPERATOR_KEY } from '#test/support/http.ts';
import { type Token, startIssuer } from '#test/support/issuer.ts';
import { type PeopleServer, peopleServer } from '#test/support/people-server.ts';

const [starter] = shippedPlans;
assert.ok(starter);
const plan = { name: starter.name, figures: starter.figures };

async function tenantWithOwner({ send }: Pick<PeopleServer, 'send'>, tenantId: string) {
  await send(OPERATOR_KEY, 'PUT', '/admin/v1/plans/starter', { body: plan });
  const body = { tenantId, name: tenantId, plan: 'starter' };
  await send(OPERATOR_KEY, 'POST', '/admin/v1/tenants', { body });
  const url = `/admin/v1/tenants/${tenantId}/api-keys`;
  const issued = await send(OPERATOR_KEY, 'POST', url, { body: { roles: ['owner'] } });
  assert.equal(issued.statusCode, 201, issued.body);
  return issued.json().key as string;
}

const editors = { claim: ['groups'], value: 'writers', roles: ['editor'] };
const admins = { claim: ['realm_access', 'roles'], value: 'boss', roles: ['admin'] };

/** `acme` and its owner, and an issuer that is registered there. */
async function signInServer(
  t: TestContext,
  { settings = {}, clock }: { settings?: object; clock?: Clock } = {},
) {
  const issuer = await startIssuer(t);
  const server = await peopleServer(t, {
    privateIssuers: [issuer.origin],
    ...(clock && { signInClock: clock }),
  });
  const key = await tenantWithOwner(server, 'acme');
  const body = {
    issuer: issuer.issuer,
    rules: [editors, admins],
    defaultRoles: ['viewer'],
    admitsNew: true,
    ...settings,
  };
  const made = await server.send(key, 'POST', '/v1/identity-providers', { body });
  assert.equal(made.statusCode, 201, made.body);
  // Each is one of its own: the same one may be known for a moment longer.
  const token = ({ claims = {}, ...more }: Token = {}) =>
    issuer.token({
      claims: { aud: 'palimpsest:acme', sub: 'ada', jti: randomUUID(), ...claims },
      ...more,
    });
  return { ...server, key, issuer, token, provider: made.json().id as string };
}

test('a first sign-in makes the member, and the next one finds it', async (t) => {
  const { send, key, token, log, provider } = await signInServer(t);
  const claims = { groups: ['writers'], realm_access: { roles: ['boss'] }, name: 'Ada Lovelace' };
  const first = await send(await token({ claims }), 'GET', '/v1/members');
  assert.equal(first.statusCode, 200, first.body);
  const again = await send(await token({ claims }), 'GET', '/v1/members');
  assert.equal(again.statusCode, 200, again.body);
  const { items } = (await send(key, 'GET', '/v1/members')).json();
  assert.deepEqual(
    items.map(({ name, roles }: { name: string; roles: string[] }) => [name, roles]),
    [
      ['First owner', ['owner']],
      ['Ada Lovelace', ['admin', 'editor']],
    ],
  );
  const joined = (await log.readAll({ after: 0n, limit: 1_000 })).filter(
    ({ header }) => header.type === 'MemberJoined',
  );
  assert.equal(joined.length, 1);
  assert.equal(joined[0]?.header.actor, items[1].id);
  assert.equal((await send(key, 'GET', `/v1/identity-providers/${provider}`)).statusCode, 200);
});

const typesIn = async ({ log }: Pick<PeopleServer, 'log'>) =>
  (await log.readAll({ after: 0n, limit: 10_000 })).map(({ header }) => header.type);
const countOf = (types: readonly string[], wanted: string) =>
  types.filter((type) => type === wanted).length;

test('of many first requests at once, one makes the member', async (t) => {
  const { send, token, ...server } = await signInServer(t);
  const claims = { groups: ['writers'], realm_access: { roles: ['boss'] } };
  const tokens = await Promise.all(Array.from({ length: 20 }, () => token({ claims })));
  const answers = await Promise.all(tokens.map((one) => send(one, 'GET', '/v1/members')));
  assert.deepEqual([...new Set(answers.map(({ statusCode }) => statusCode))], [200]);
  assert.equal(countOf(await typesIn(server), 'MemberJoined'), 1);
});

test('an issuer that another tenant registers too opens each tenant for its own tokens only', async (t) => {
  const server = await signInServer(t);
  const { send, token, issuer } = server;
  const umbra = await tenantWithOwner(server, 'umbra');
  const body = { issuer: issuer.issuer, defaultRoles: ['admin'], admitsNew: true };
  const foreign = { ...body, audience: 'palimpsest:acme' };
  const taken = await send(umbra, 'POST', '/v1/identity-providers', { body: foreign });
  assert.equal(taken.statusCode, 422);
  assert.equal(taken.json().code, 'identity-provider/foreign-audience');
  const made = await send(umbra, 'POST', '/v1/identity-providers', { body });
  assert.equal(made.statusCode, 201, made.body);

  const namesOf = async (one: string) =>
    (await send(one, 'GET', '/v1/members'))
      .json()
      .items.map(({ name }: { name: string }) => name)
      .toSorted();
  const boss = { realm_access: { roles: ['boss'] } };
  const ofAcme = await token({ claims: { ...boss, name: 'Ada of acme' } });
  const ofUmbra = await token({ claims: { aud: 'palimpsest:umbra', name: 'Ada of umbra' } });
  await send(ofAcme, 'GET', '/v1/members');
  await send(ofUmbra, 'GET', '/v1/members');
  assert.deepEqual(await namesOf(ofAcme), ['Ada of acme', 'First owner']);
  assert.deepEqual(await namesOf(ofUmbra), ['Ada of umbra', 'First owner']);
});

test('a pair that another tenant registers too captures nobody: the token says whose it is', async (t) => {
  const server = await signInServer(t, { settings: { audience: 'api' } });
  const { send, token, issuer, log } = server;
  const umbra = await tenantWithOwner(server, 'umbra');
  const body = { issuer: issuer.issuer, audience: 'api', defaultRoles: ['admin'], admitsNew: true };
  assert.equal((await send(umbra, 'POST', '/v1/identity-providers', { body })).statusCode, 201);
  const boss = { realm_access: { roles: ['boss'] } };
  const named = await token({ claims: { ...boss, aud: 'api', palimpsest_tenant: 'acme' } });
  assert.equal((await send(named, 'GET', '/v1/members')).statusCode, 200);
  const unnamed = await token({ claims: { ...boss, aud: 'api' } });
  assert.equal((await send(unnamed, 'GET', '/v1/members')).statusCode, 401);
  const joined = (await log.readAll({ after: 0n, limit: 1_000 })).filter(
    ({ header }) => header.type === 'MemberJoined',
  );
  assert.deepEqual(
    joined.map(({ header }) => header.tenant),
    ['acme'],
  );
});

test('a token that names no tenant, two, or one that trusts another issuer is refused', async (t) => {
  const server = await signInServer(t);
  const { send, token } = server;
  const umbra = await tenantWithOwner(server, 'umbra');
  const elsewhere = await startIssuer(t);
  const body = { issuer: elsewhere.issuer, defaultRoles: ['admin'], admitsNew: true };
  await send(umbra, 'POST', '/v1/identity-providers', { body });
  const tokens = [
    await token({ claims: { aud: 'palimpsest:' } }),
    await token({ claims: { aud: 'palimpsest:platform' } }),
    await token({ claims: { aud: 'palimpsest:../umbra' } }),
    await token({ claims: { aud: ['palimpsest:acme', 'palimpsest:umbra'] } }),
    await token({ claims: { palimpsest_tenant: 'umbra' } }),
    await token({ claims: { palimpsest_tenant: ['acme'] } }),
    await token({ claims: { palimpsest_tenant: null } }),
    // Signed by the issuer of another tenant, for the audience of this one.
    await elsewhere.token({ claims: { aud: 'palimpsest:acme', sub: 'ada' } }),
  ];
  for (const one of tokens) {
    const refused = await send(one, 'GET', '/v1/members');
    assert.equal(refused.statusCode, 401, refused.body);
    assert.equal(refused.json().code, 'auth/invalid');
  }
  assert.deepEqual(elsewhere.asked, []);
  assert.equal(countOf(await typesIn(server), 'MemberJoined'), 0);
});

test('subjects that are empty, endless or cannot be stored are nobody', async (t) => {
  const { send, token, ...server } = await signInServer(t);
  for (const sub of ['', ' '.repeat(256), 'a\0b', '\ud800', 7, ['ada'], { id: 'ada' }, null]) {
    const refused = await send(await token({ claims: { sub } }), 'GET', '/v1/members');
    assert.equal(refused.statusCode, 401, JSON.stringify(sub));
  }
  assert.equal(countOf(await typesIn(server), 'MemberJoined'), 0);
});

test('a name that cannot be stored is left out, not the member', async (t) => {
  const { send, key, token } = await signInServer(t);
  const claims = { name: 'A\0da', preferred_username: '\ud800', email: 'Ada@Example.org' };
  const all = { ...claims, email_verified: true, realm_access: { roles: ['boss'] } };
  assert.equal((await send(await token({ claims: all }), 'GET', '/v1/members')).statusCode, 200);
  const { items } = (await send(key, 'GET', '/v1/members')).json();
  assert.deepEqual([items[1].name, items[1].email], ['ada@example.org', 'ada@example.org']);
});

const boss = { realm_access: { roles: ['boss'] } };
const statusOf = async ({ send }: Pick<PeopleServer, 'send'>, token: string, url = '/v1/members') =>
  (await send(token, 'GET', url)).statusCode;
const ada = (issuer: string) => memberOfIdentity('acme' as TenantId, { issuer, subject: 'ada' });

test('roles are what the claims give at each use, until an admin sets them: then no more than that', async (t) => {
  const server = await signInServer(t);
  const { send, key, token, issuer } = server;
  assert.equal(await statusOf(server, await token()), 403, 'a viewer does not read members');
  assert.equal(await statusOf(server, await token({ claims: boss })), 200, 'promoted over there');
  assert.equal(await statusOf(server, await token()), 403, 'and back again');

  const url = `/v1/members/${ada(issuer.issuer)}`;
  const patched = await send(key, 'PATCH', url, { body: { roles: ['viewer'] } });
  assert.equal(patched.statusCode, 200, patched.body);
  assert.equal(await statusOf(server, await token({ claims: boss })), 401, 'admin is no more hers');
  await send(key, 'PATCH', url, { body: { roles: ['admin', 'auditor', 'viewer'] } });
  assert.equal(await statusOf(server, await token({ claims: boss })), 200);
  assert.equal(await statusOf(server, await token()), 403, 'the claims give viewer only');
});

test('a token without any role opens nothing and makes nobody', async (t) => {
  const server = await signInServer(t, { settings: { defaultRoles: [] } });
  const { token } = server;
  assert.equal(await statusOf(server, await token({ claims: { groups: ['others'] } })), 401);
  assert.equal(await statusOf(server, await token({ claims: { groups: 'writers' } })), 403);
  assert.equal(countOf(await typesIn(server), 'MemberJoined'), 1);
});

test('where nobody new is admitted, the invited get in with what they were invited to', async (t) => {
  const server = await signInServer(t, {
    settings: { admitsNew: false, defaultRoles: ['admin', 'viewer'] },
  });
  const { send, key, token, issuer } = server;
  assert.equal(await statusOf(server, await token()), 401);
  assert.equal(countOf(await typesIn(server), 'MemberJoined'), 0);
  const identity = { issuer: issuer.issuer, subject: 'ada' };
  const body = { name: 'Ada', roles: ['admin', 'auditor'], identity };
  const invited = await send(key, 'POST', '/v1/members', { body });
  assert.equal(invited.statusCode, 201, invited.body);
  assert.equal(invited.json().id, ada(issuer.issuer));
  const later = await token();
  assert.equal(await statusOf(server, later), 200);
  assert.equal(await statusOf(server, later, '/v1/identity-providers'), 200);
  const again = await send(key, 'POST', '/v1/members', { body: { ...body, name: 'Eve' } });
  assert.equal(again.json().code, 'member/already-exists');
});

test('a deactivated member stays out whatever the token says, and a suspended tenant refuses', async (t) => {
  const server = await signInServer(t);
  const { send, key, token, issuer } = server;
  const one = await token({ claims: boss });
  assert.equal(await statusOf(server, one), 200);
  await send(key, 'POST', `/v1/members/${ada(issuer.issuer)}/deactivate`);
  const other = await token({ claims: boss });
  assert.equal(await statusOf(server, other), 401);
  assert.equal(await statusOf(server, await token({ claims: { groups: ['writers'] } })), 401);
  await send(key, 'POST', `/v1/members/${ada(issuer.issuer)}/reactivate`);
  assert.equal(await statusOf(server, await token({ claims: boss })), 200);

  const before = (await typesIn(server)).length;
  await send(OPERATOR_KEY, 'POST', '/admin/v1/tenants/acme/suspend', { body: {} });
  const newcomer = await send(
    await token({ claims: { ...boss, sub: 'bob' } }),
    'GET',
    '/v1/members',
  );
  assert.equal(newcomer.statusCode, 403);
  assert.equal(newcomer.json().code, 'tenant/suspended');
  assert.equal((await typesIn(server)).length, before + 1, 'only that it was suspended');
});

test('a rule that makes owners is an owner’s to write, to change and to remove', async (t) => {
  const server = await signInServer(t, { settings: { rules: [admins] } });
  const { send, key, token, provider, issuer } = server;
  const owners = { claim: ['groups'], value: 'board', roles: ['owner'] };
  const url = `/v1/identity-providers/${provider}`;
  const adam = await token({ claims: { ...boss, sub: 'adam' } });
  const refused = await send(adam, 'PATCH', url, { body: { rules: [admins, owners] } });
  assert.equal(refused.statusCode, 403);
  assert.equal(refused.json().code, 'right/above-own');
  const byDefault = await send(key, 'PATCH', url, { body: { defaultRoles: ['owner'] } });
  assert.equal(byDefault.statusCode, 400, 'never without a rule that says so');

  assert.equal(
    (await send(key, 'PATCH', url, { body: { rules: [admins, owners] } })).statusCode,
    200,
  );
  for (const [method, body] of [
    ['PATCH', { rules: [admins] }],
    ['PATCH', { rules: [admins, { ...owners, value: 'everybody' }] }],
    ['PATCH', { audience: 'mine' }],
    ['DELETE', undefined],
  ] as const) {
    const answer = await send(adam, method, url, body ? { body } : {});
    assert.equal(answer.json().code, 'right/above-own', `${method} ${JSON.stringify(body)}`);
  }
  const olivia = await token({ claims: { groups: ['board'], sub: 'olivia' } });
  const made = await send(olivia, 'POST', '/v1/members', { body: { name: 'O', roles: ['owner'] } });
  assert.equal(made.statusCode, 201, made.body);
  assert.ok(issuer.asked.length > 0);
});

test('an owner by a claim is not the owner whom the tenant keeps', async (t) => {
  const owners = { claim: ['groups'], value: 'board', roles: ['owner'] };
  const server = await signInServer(t, { settings: { rules: [owners] } });
  const { send, key, token, issuer } = server;
  const [first] = (await send(key, 'GET', '/v1/members')).json().items;
  const olivia = await token({ claims: { groups: ['board'] } });
  assert.equal(await statusOf(server, olivia), 200);
  const left = await send(olivia, 'POST', `/v1/members/${first.id}/deactivate`);
  assert.equal(left.json().code, 'tenant/last-owner');
  const url = `/v1/members/${ada(issuer.issuer)}`;
  assert.equal((await send(key, 'PATCH', url, { body: { name: 'Olivia' } })).statusCode, 200);
  const still = await send(olivia, 'POST', `/v1/members/${first.id}/deactivate`);
  assert.equal(still.json().code, 'tenant/last-owner');
  // Until somebody makes it more than a claim.
  assert.equal((await send(key, 'PATCH', url, { body: { roles: ['owner'] } })).statusCode, 200);
  const gone = await send(olivia, 'POST', `/v1/members/${first.id}/deactivate`);
  assert.equal(gone.statusCode, 200, gone.body);
});

test('a removed provider opens nothing; registered again, its people are whom they were', async (t) => {
  const server = await signInServer(t);
  const { send, key, token, provider, issuer } = server;
  assert.equal(await statusOf(server, await token({ claims: boss })), 200);
  const url = `/v1/identity-providers/${provider}`;
  assert.equal((await send(key, 'DELETE', url)).statusCode, 200);
  assert.equal((await send(key, 'DELETE', url)).statusCode, 200, 'twice is once');
  assert.equal((await send(key, 'GET', url)).statusCode, 404);
  assert.equal((await send(key, 'PATCH', url, { body: { admitsNew: true } })).statusCode, 404);
  assert.equal(await statusOf(server, await token({ claims: boss })), 401);
  const body = { issuer: issuer.issuer, rules: [admins] };
  const again = await send(key, 'POST', '/v1/identity-providers', { body });
  assert.equal(again.json().id, provider);
  assert.equal(await statusOf(server, await token({ claims: boss })), 200);
  assert.equal(countOf(await typesIn(server), 'MemberJoined'), 1);
});

test('a provider is registered once, changed in part and found by its ETag', async (t) => {
  const { send, key, issuer, provider } = await signInServer(t);
  const url = `/v1/identity-providers/${provider}`;
  const body = { issuer: issuer.issuer, defaultRoles: ['author'] };
  const other = await send(key, 'POST', '/v1/identity-providers', { body });
  assert.equal(other.statusCode, 409);
  assert.equal(other.json().code, 'identity-provider/already-exists');
  const patch = { body: { admitsNew: false }, headers: { 'if-match': '"0"' } };
  assert.equal((await send(key, 'PATCH', url, patch)).statusCode, 200);
  assert.equal((await send(key, 'PATCH', url, patch)).statusCode, 412);
  const shown = await send(key, 'GET', url);
  const { registeredAt: _, ...rest } = shown.json();
  assert.deepEqual(rest, {
    id: provider,
    issuer: issuer.issuer,
    audience: 'palimpsest:acme',
    rules: [editors, admins],
    defaultRoles: ['viewer'],
    admitsNew: false,
    revision: 1,
  });
  const etag = String(shown.headers['etag']);
  const known = await send(key, 'GET', url, { headers: { 'if-none-match': etag } });
  assert.equal(known.statusCode, 304);
});

test('an issuer that this server must not ask is refused when it is registered', async (t) => {
  const { send, key } = await signInServer(t);
  for (const [issuer, status] of [
    ['http://id.example.com', 422],
    ['https://10.0.0.1/x', 422],
    ['https://[::1]', 422],
    ['https://169.254.169.254/latest', 422],
    ['ftp://id.example.com', 400],
    ['https://id.example.com/?a=b', 400],
    ['https://id.example.com/#a', 400],
    ['https://user@id.example.com', 400],
    ['https://id.example.com\\\\@evil.example.com', 400],
    ['id.example.com', 400],
  ] as const) {
    const refused = await send(key, 'POST', '/v1/identity-providers', { body: { issuer } });
    assert.equal(refused.statusCode, status, `${issuer}: ${refused.body}`);
  }
});

test('with the issuer down a sign-in is answered 503, and is not said to be wrong', async (t) => {
  const { send, token, issuer, warnings } = await signInServer(t);
  const one = await token();
  await issuer.goDown();
  const refused = await send(one, 'GET', '/v1/members');
  assert.equal(refused.statusCode, 503, refused.body);
  assert.equal(refused.json().code, 'auth/keys-unavailable');
  assert.equal(refused.headers['retry-after'], '5');
  assert.equal(refused.headers['www-authenticate'], undefined);
  assert.equal(warnings.length, 1);
});

test('an address that sends many wrong tokens is slowed down, down issuers included', async (t) => {
  const { send, token, issuer } = await signInServer(t);
  const wrong = await token({ claims: { exp: 1 } });
  const statuses = new Set<number>();
  for (let at = 0; at < 121; at++)
    statuses.add((await send(wrong, 'GET', '/v1/members')).statusCode);
  assert.deepEqual([...statuses], [401, 429]);
  await issuer.goDown();
  assert.equal(
    (await send(await token({ header: { kid: 'new' } }), 'GET', '/v1/members')).statusCode,
    429,
  );
  assert.equal((await send(await token({ claims: boss }), 'GET', '/v1/members')).statusCode, 200);
});

test('no token opens the operator’s routes, and one that is too long opens none', async (t) => {
  const server = await signInServer(t);
  const { token } = server;
  const one = await token({ claims: boss });
  assert.equal(await statusOf(server, one, '/admin/v1/tenants'), 401);
  assert.equal(await statusOf(server, one), 200);
  const huge = await token({ claims: { ...boss, padding: 'x'.repeat(7_000) } });
  assert.ok(huge.length > 8_192);
  assert.equal(await statusOf(server, huge), 401);
  assert.equal(await statusOf(server, `${one}.`), 401);
});

test('refused sign-ins are a metric by reason, and one event a minute and provider', async (t) => {
  const { app, metrics, token, ...server } = await signInServer(t);
  const { send } = server;
  for (let at = 0; at < 3; at++) {
    await send(await token({ claims: { exp: 1 } }), 'GET', '/v1/members');
  }
  await send(await token({ header: { kid: 'made up' } }), 'GET', '/v1/members');
  await send(await token({ claims: { aud: 'palimpsest:nobody-there' } }), 'GET', '/v1/members');
  await app.flushRefusals();
  await app.flushRefusals();
  const text = await metrics.metrics();
  for (const [reason, count] of [
    ['expired', 3],
    ['key', 1],
    ['issuer', 1],
  ]) {
    assert.ok(
      text.includes(`palimpsest_sign_ins_refused_total{reason="${reason}"} ${count}`),
      text,
    );
  }
  assert.equal(countOf(await typesIn(server), 'SignInsRefused'), 1);
  const { identityProviders } = server.aggregates;
  const { revision } = await identityProviders.history.newest('acme' as TenantId, server.provider);
  assert.equal(revision, 1);
});

test('nothing of a token reaches a log line', async (t) => {
  const { send, token, issuer, lines, warnings } = await signInServer(t);
  const secret = 'zebrafish';
  const claims = { ...boss, sub: secret, name: secret, email: `${secret}@example.org` };
  const tokens = [
    await token({ claims }),
    await token({ claims: { ...claims, exp: 1 } }),
    await token({ claims, header: { kid: secret } }),
    await token({ claims: { ...claims, aud: secret } }),
  ];
  for (const one of tokens) await send(one, 'GET', '/v1/members');
  await issuer.goDown();
  await send(await token({ claims }), 'GET', '/v1/members');
  const written = lines.join('') + JSON.stringify(warnings);
  assert.ok(lines.length > tokens.length);
  assert.ok(!written.includes(secret));
  for (const part of tokens.flatMap((one) => one.split('.'))) assert.ok(!written.includes(part));
});
