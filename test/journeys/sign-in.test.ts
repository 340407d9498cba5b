import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freshDatabase } from '#test/support/database.ts';
import { startIssuer } from '#test/support/issuer.ts';
import { type Answer, type Journey, after, callerOf, ownerOf } from '#test/support/journey.ts';
import { emptyHome, startServer, until } from '#test/support/process.ts';

/** Two processes on one database, as behind a load balancer, and an issuer that both may ask. */
async function twoServers(t: TestContext) {
  const database = await freshDatabase(t);
  const issuer = await startIssuer(t);
  const operatorKey = randomBytes(24).toString('hex');
  const env = {
    DATABASE_URL: database.url,
    DATABASE_OWNER_URL: database.ownerUrl,
    PALIMPSEST_MASTER_KEY: randomBytes(32).toString('base64'),
    PALIMPSEST_OPERATOR_KEY: operatorKey,
    PALIMPSEST_PRIVATE_ISSUERS: issuer.origin,
  };
  const start = async (): Promise<Omit<Journey, 'restart'>> => {
    const { url } = await startServer(t, await emptyHome(t), { env });
    const as = (credential: string) => callerOf(url, credential);
    return { url, as, operator: as(operatorKey) };
  };
  // One after the other: both look after the views, and the first makes their tables.
  const [one, other] = [await start(), await start()];
  return { one, other, issuer };
}

test('a company signs in: two processes, a key that rotates, and somebody who leaves', async (t) => {
  const { one, other, issuer } = await twoServers(t);
  const owner = await ownerOf(one, 'acme');
  const registered = await owner.post('/v1/identity-providers', {
    issuer: issuer.issuer,
    rules: [{ claim: ['groups'], value: 'writers', roles: ['author'] }],
    admitsNew: true,
  });
  assert.equal(registered.status, 201, registered.text);
  const tokenOf = (sub: string) =>
    issuer.token({ claims: { aud: 'palimpsest:acme', sub, name: sub, groups: ['writers'] } });

  // Thirty people come for the first time, each to both processes in the same moment.
  const people = Array.from({ length: 30 }, (_, at) => `person-${at}`);
  const statuses = await Promise.all(
    people.flatMap((sub) =>
      [one, other].map(
        async ({ as }) => (await as(await tokenOf(sub)).get('/v1/documents')).status,
      ),
    ),
  );
  assert.deepEqual([...new Set(statuses)], [200]);
  const joined = await owner.get('/v1/audit/events?types=MemberJoined');
  const actors = joined.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).header.actor as string);
  assert.equal(actors.length, people.length, 'each joined once');
  assert.equal(new Set(actors).size, people.length);

  // One of them writes, and reads it at the other process.
  const ada = one.as(await tokenOf('person-0'));
  const made = await ada.post('/v1/documents', { title: 'Mine', markdown: 'Hello.\n' });
  assert.equal(made.status, 201, made.text);
  const document = `/v1/documents/${String(made.json['id'])}`;
  const there = other.as(await tokenOf('person-0'));
  assert.equal((await there.get(document, after(made))).json['title'], 'Mine');
  const stranger = other.as(await tokenOf('person-1'));
  assert.equal((await stranger.get(document, after(made))).status, 404);

  // The issuer rotates its key: who comes with the new one gets in, the old one is worth nothing.
  const old = await tokenOf('person-0');
  await issuer.rotate();
  const fresh = await tokenOf('person-0');
  for (const { as } of [one, other]) {
    await answers(200, () => as(fresh).get(document));
    assert.equal((await as(old).get(document)).status, 401);
  }

  // She leaves: deactivated at one process, she is out at both, with whatever token.
  const members = await owner.get('/v1/members?limit=200', after(made));
  const items = members.json['items'] as { id: string; name: string }[];
  const { id } = items.find(({ name }) => name === 'person-0') ?? assert.fail(members.text);
  assert.equal((await owner.post(`/v1/members/${id}/deactivate`)).status, 200);
  for (const { as } of [one, other]) {
    await answers(401, () => as(fresh).get(document));
  }
  assert.equal((await one.as(await tokenOf('person-0')).get(document)).status, 401);
  assert.equal((await one.as(await tokenOf('person-1')).get('/v1/documents')).status, 200);

  // With the issuer down, whoever has a token of a known key goes on; an unknown one is 503.
  const known = await tokenOf('person-1');
  await issuer.goDown();
  assert.equal((await other.as(known).get('/v1/documents')).status, 200);
  await issuer.rotate();
  const unknown = await tokenOf('person-1');
  await answers(503, () => other.as(unknown).get('/v1/documents'));
});

/** Asks again until it is so, without so many failures that the address is slowed down. */
const answers = (status: number, ask: () => Promise<Answer>) =>
  until(async () => {
    if ((await ask()).status === status) return true;
    await sleep(250);
    return false;
  });
