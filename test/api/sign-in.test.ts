import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Clock } from '#commands/ports.ts';
import { shippedPlans } from '#domain/plan/shipped-plans.ts';
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
  const token = ({ claims = {}, ...more }: Token = {}) =>
    issuer.token({ claims: { aud: 'palimpsest:acme', sub: 'ada', ...claims }, ...more });
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
