import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { identityProviderIdOf } from '#domain/identity-provider/ids.ts';
import { getJson } from '#infra/oidc/get-json.ts';
import { outboundAddresses } from '#infra/outbound/outbound-addresses.ts';
import { issuerKeys } from '#infra/oidc/issuer-keys.ts';
import { KeysUnavailable } from '#infra/oidc/keys-unavailable.ts';
import { tokenVerifier } from '#infra/oidc/token-verifier.ts';
import { type Issuer, type Token, json, startIssuer } from '#test/support/issuer.ts';
import { manualClock } from '#test/support/manual-clock.ts';
import { until } from '#test/support/process.ts';
import { acme, umbra } from '#test/support/sealing.ts';

const MINUTE = 60_000;

/** An issuer, and a process whose time passes when the test says so. */
async function keysOf(t: TestContext, { listed = true } = {}) {
  const issuer = await startIssuer(t);
  const clock = manualClock(new Date().toISOString());
  const warnings: unknown[] = [];
  const addresses = outboundAddresses(listed ? [issuer.origin] : []);
  const keys = issuerKeys({
    get: getJson(addresses, clock),
    clock,
    warn: (_, error) => warnings.push((error as KeysUnavailable).code),
  });
  const verify = tokenVerifier(keys, clock);
  const tokenFor = ({ claims = {}, ...more }: Token = {}) => {
    const now = Math.floor(clock.now().getTime() / 1_000);
    const all = { aud: 'api', sub: 'ada', iat: now, exp: now + 300, ...claims };
    return issuer.token({ claims: all, ...more });
  };
  const say = async (token: string, tenant = acme) => {
    const id = identityProviderIdOf(tenant, issuer.issuer);
    const answer = await verify(token, { id, issuer: issuer.issuer, audience: 'api' });
    return 'refused' in answer ? answer.refused : 'accepted';
  };
  const cannotSay = async (token: string) => {
    await assert.rejects(say(token), KeysUnavailable);
    return warnings.at(-1);
  };
  return { issuer, clock, warnings, tokenFor, say, cannotSay };
}

test('keys are fetched once, however many tokens come at once', async (t) => {
  const { issuer, tokenFor, say } = await keysOf(t);
  const token = await tokenFor();
  const answers = await Promise.all(Array.from({ length: 20 }, () => say(token)));
  assert.deepEqual([...new Set(answers)], ['accepted']);
  assert.deepEqual(issuer.asked, [issuer.discovery, issuer.keys]);
});

test('an unknown key is asked for once: the issuer has rotated, or the token is wrong', async (t) => {
  const { issuer, clock, tokenFor, say } = await keysOf(t);
  const old = await tokenFor();
  assert.equal(await say(old), 'accepted');
  await clock.advance(5_000);
  await issuer.rotate();
  assert.equal(await say(await tokenFor()), 'accepted');
  assert.equal(await say(old), 'key', 'what the issuer took back is known no more');
  const asked = issuer.asked.length;
  for (let at = 0; at < 50; at++) {
    assert.equal(await say(await tokenFor({ header: { kid: `made-up-${at}` } })), 'key');
  }
  assert.equal(issuer.asked.length, asked, 'made-up names do not make us flood an issuer');
});

test('one tenant does not wear out the patience that another one has with the same issuer', async (t) => {
  const { issuer, clock, tokenFor, say } = await keysOf(t);
  assert.equal(await say(await tokenFor()), 'accepted');
  assert.equal(await say(await tokenFor(), umbra), 'accepted');
  await clock.advance(5_000);
  await issuer.rotate();
  assert.equal(await say(await tokenFor({ header: { kid: 'made up' } })), 'key');
  assert.equal(await say(await tokenFor(), umbra), 'accepted');
});

test('with the issuer down its known keys work for an hour, and a new key is no wrong one', async (t) => {
  const { issuer, clock, warnings, tokenFor, say, cannotSay } = await keysOf(t);
  assert.equal(await say(await tokenFor()), 'accepted');
  await issuer.goDown();
  await clock.advance(59 * MINUTE);
  assert.equal(await say(await tokenFor()), 'accepted');
  await until(() => warnings.length === 1);
  await clock.advance(5_000);
  for (let at = 0; at < 2; at++) {
    assert.equal(
      await cannotSay(await tokenFor({ header: { kid: 'of a new key' } })),
      'connection',
    );
  }
  await clock.advance(MINUTE);
  assert.equal(await cannotSay(await tokenFor()), 'connection');
  await issuer.comeBack();
  await clock.advance(5_000);
  assert.equal(await say(await tokenFor()), 'accepted');
});

test('an issuer that was never reached is asked again, but not by every token', async (t) => {
  const { issuer, clock, warnings, tokenFor, say, cannotSay } = await keysOf(t);
  await issuer.goDown();
  const token = await tokenFor();
  for (let at = 0; at < 10; at++) await cannotSay(token);
  assert.deepEqual(warnings, ['connection']);
  await issuer.comeBack();
  await cannotSay(token);
  await clock.advance(5_000);
  assert.equal(await say(token), 'accepted');
});

test('old keys are renewed while they still work, and nobody waits for that', async (t) => {
  const { issuer, clock, warnings, tokenFor, say } = await keysOf(t);
  assert.equal(await say(await tokenFor()), 'accepted');
  const signer = issuer.signer();
  await issuer.rotate();
  await clock.advance(11 * MINUTE);
  issuer.keepSilent(true);
  assert.equal(await say(await tokenFor({ signer })), 'accepted');
  await until(() => issuer.asked.length === 3);
  await clock.advance(5_000);
  await until(() => warnings.length === 1);
  issuer.keepSilent(false);
  await clock.advance(5_000);
  assert.equal(await say(await tokenFor({ signer })), 'accepted');
  await until(async () => (await say(await tokenFor({ signer }))) === 'key');
  assert.equal(await say(await tokenFor()), 'accepted');
});

test('an issuer that does not answer is given up after five seconds', async (t) => {
  const { issuer, clock, tokenFor, cannotSay } = await keysOf(t);
  issuer.keepSilent(true);
  const answer = cannotSay(await tokenFor());
  await until(() => issuer.asked.length === 1);
  await clock.advance(5_000);
  assert.equal(await answer, 'timeout');
});

test('an issuer that drips its answer is given up as well', async (t) => {
  const { issuer, clock, tokenFor, cannotSay } = await keysOf(t);
  issuer.answer(issuer.keys, (_, response) => void response.writeHead(200).write('{"keys":'));
  const answer = cannotSay(await tokenFor());
  await until(() => issuer.asked.length === 2);
  await clock.advance(5_000);
  assert.equal(await answer, 'timeout');
});

const misbehaving: Readonly<
  Record<string, readonly ['discovery' | 'keys', Parameters<Issuer['answer']>[1], string]>
> = {
  'sends discovery elsewhere': [
    'discovery',
    (_, response) => void response.writeHead(302, { location: '/keys' }).end(),
    'status',
  ],
  'sends for its keys elsewhere': [
    'keys',
    (_, response) => void response.writeHead(307, { location: '/elsewhere' }).end(),
    'status',
  ],
  'names another issuer': [
    'discovery',
    ({ headers }, response) =>
      json(response, {
        issuer: 'https://other.example.com',
        jwks_uri: `http://${headers.host}/keys`,
      }),
    'other-issuer',
  ],
  'names itself with one slash more': [
    'discovery',
    ({ headers }, response) =>
      json(response, {
        issuer: `http://${headers.host}/`,
        jwks_uri: `http://${headers.host}/keys`,
      }),
    'other-issuer',
  ],
  'has keys at an address of our own network': [
    'discovery',
    ({ headers }, response) =>
      json(response, {
        issuer: `http://${headers.host}`,
        jwks_uri: 'https://169.254.169.254/keys',
      }),
    'address-not-allowed',
  ],
  'has keys in a file': [
    'discovery',
    ({ headers }, response) =>
      json(response, { issuer: `http://${headers.host}`, jwks_uri: 'file:///etc/passwd' }),
    'address-not-allowed',
  ],
  'says nothing of keys': [
    'discovery',
    ({ headers }, response) => json(response, { issuer: `http://${headers.host}` }),
    'no-keys',
  ],
  'answers a page': ['keys', (_, response) => void response.end('<html>'), 'not-json'],
  'answers no set of keys': ['keys', (_, response) => json(response, { keys: 'none' }), 'no-keys'],
  'answers without an end': [
    'keys',
    (_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 0x20)));
      };
      response.on('drain', more);
      more();
    },
    'too-large',
  ],
  fails: ['keys', (_, response) => void response.writeHead(500).end(), 'status'],
  'hangs up': ['keys', ({ socket }) => void socket.destroy(), 'connection'],
};
for (const [what, [path, answering, code]] of Object.entries(misbehaving)) {
  test(`an issuer that ${what} has no keys for us`, async (t) => {
    const { issuer, tokenFor, cannotSay } = await keysOf(t);
    issuer.answer(issuer[path], answering);
    assert.equal(await cannotSay(await tokenFor()), code);
    assert.ok(issuer.asked.every((asked) => asked === issuer.discovery || asked === issuer.keys));
  });
}

test('an issuer at an address that nobody listed is not even asked', async (t) => {
  const { issuer, tokenFor, cannotSay } = await keysOf(t, { listed: false });
  assert.equal(await cannotSay(await tokenFor()), 'address-not-allowed');
  assert.deepEqual(issuer.asked, []);
});
