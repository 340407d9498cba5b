import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyFilters } from '#api/generations/policy-filters.ts';
import { viewQueries } from '#api/view-queries.ts';
import type { TenantId } from '#domain/ids.ts';
import { postgresViews } from '#infra/postgres/projections/views.ts';
import { projections } from '#projections/all.ts';
import { manualClock } from '#test/support/manual-clock.ts';
import { type RealServer, realServer } from '#test/support/real-server.ts';
import { secretSamples } from '#test/support/secret-samples.ts';

type Method = 'GET' | 'PUT' | 'DELETE';

/** Reads wait for everything that was written before. */
function asking({ app, send, eventsAfter }: RealServer, key: string) {
  return async (method: Method, url: string, payload?: object) => {
    const last = (await eventsAfter(0n)).at(-1)?.position ?? 0n;
    const headers = { 'palimpsest-min-position': `${app.logId}.${last}` };
    return await send(key, {
      method,
      url,
      ...(method === 'GET' && { headers }),
      ...(payload && { payload }),
    });
  };
}

const detectors = [
  {
    detector: 'secrets',
    actions: { prompt: 'block', answer: 'redact' },
    exceptions: [{ rule: 'secret/json-web-token', actions: { prompt: 'allow' } }],
  },
  { detector: 'deny-list', name: 'names', phrases: ['Nightfall'], actions: { answer: 'block' } },
];

test('a policy is published, read back, listed without its phrases, changed and withdrawn', async (t) => {
  const server = await realServer(t);
  const { key } = await server.tenant('acme', 'Acme');
  const ask = asking(server, key);

  const published = await ask('PUT', '/v1/policies/house', { detectors });
  assert.equal(published.statusCode, 200, published.body);
  const read = await ask('GET', '/v1/policies/house');
  assert.deepEqual(read.json().detectors, detectors);
  const { version, inForce, revision } = read.json();
  assert.deepEqual({ version, inForce, revision }, { version: 1, inForce: true, revision: 0 });

  const again = await ask('PUT', '/v1/policies/house', { detectors });
  assert.equal(again.headers.etag, published.headers.etag, 'the same once more is nothing new');
  await ask('PUT', '/v1/policies/house', { detectors: detectors.slice(0, 1) });
  const listed = await ask('GET', '/v1/policies');
  assert.equal(listed.json().items.length, 1);
  assert.equal(listed.json().items[0].version, 2);
  assert.ok(!listed.body.includes('detectors'));

  await ask('DELETE', '/v1/policies/house');
  assert.equal((await ask('GET', '/v1/policies/house')).json().inForce, false);
  // It holds for everybody until it is taken out of force, and was never published.
  assert.equal((await ask('GET', '/v1/policies/default')).statusCode, 404);
  assert.equal((await ask('DELETE', '/v1/policies/default')).statusCode, 200);
  assert.equal((await ask('GET', '/v1/policies/default')).json().version, 0);
});

test('a policy that says nothing clear is refused, and who may not publish is told so', async (t) => {
  const server = await realServer(t);
  const { key } = await server.tenant('acme', 'Acme');
  const ask = asking(server, key);
  const wrong = [
    [{ detector: 'spelling', actions: {} }],
    [{ detector: 'secrets', actions: { prompt: 'erase' } }],
    [detectors[0], detectors[0]],
    [{ ...detectors[1], phrases: [] }],
    [{ ...detectors[1], phrases: ['\u200b'] }],
    [{ ...detectors[0], exceptions: [{ rule: 'secret/none', actions: {} }] }],
  ];
  for (const one of wrong) {
    const answer = await ask('PUT', '/v1/policies/house', { detectors: one });
    assert.equal(answer.statusCode, 400, answer.body);
  }
  const long = [{ ...detectors[1], phrases: ['x'.repeat(101)] }];
  assert.equal((await ask('PUT', '/v1/policies/house', { detectors: long })).statusCode, 422);
  assert.equal((await ask('DELETE', '/v1/policies/nobodys')).statusCode, 404);

  const member = await server.make(key, 'POST', '/v1/members', { name: 'Ed', roles: ['editor'] });
  const keyOfEditor = await server.make(key, 'POST', '/v1/api-keys', {
    memberId: member['id'],
    roles: ['editor'],
  });
  const refused = await server.send(keyOfEditor['key'] ?? '', {
    method: 'PUT',
    url: '/v1/policies/house',
    payload: { detectors },
  });
  assert.equal(refused.json().code, 'right/missing');
});

test('what a tenant publishes is what its texts are read by, and nobody else’s', async (t) => {
  const server = await realServer(t);
  const acme = await server.tenant('acme', 'Acme');
  const other = await server.tenant('other', 'Other');
  const ask = asking(server, acme.key);
  const clock = manualClock();
  const filterFor = policyFilters(viewQueries(postgresViews(server.database, projections)), clock);
  const secret = secretSamples[1]!;
  const shown = async (tenant: string) => {
    await clock.advance(1_000);
    const filter = await filterFor(tenant as TenantId);
    const { text, verdict } = await filter.whole('answer', `Nightfall: ${secret}`);
    return [text, verdict.filterVersion.split('+').slice(2).join('+')];
  };

  assert.deepEqual(await shown(acme.tenantId), ['Nightfall: [redacted]', 'default.0']);
  await ask('PUT', '/v1/policies/house', { detectors: detectors.slice(1) });
  await ask('GET', '/v1/policies/house');
  assert.deepEqual(await shown(acme.tenantId), ['', 'default.0+house.1']);
  assert.deepEqual(await shown(other.tenantId), ['Nightfall: [redacted]', 'default.0']);
  await ask('DELETE', '/v1/policies/house');
  await ask('DELETE', '/v1/policies/default');
  await ask('GET', '/v1/policies/default');
  assert.deepEqual(await shown(acme.tenantId), [`Nightfall: ${secret}`, '']);
});
