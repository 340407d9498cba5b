import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { exportJWK, exportSPKI, SignJWT } from 'jose';
import { identityProviderIdOf } from '#domain/identity-provider/ids.ts';
import { getJson } from '#infra/oidc/get-json.ts';
import { outboundAddresses } from '#infra/outbound/outbound-addresses.ts';
import { issuerKeys } from '#infra/oidc/issuer-keys.ts';
import { type TokenRefusal, tokenVerifier } from '#infra/oidc/token-verifier.ts';
import { systemClock } from '#infra/system/clock.ts';
import {
  type Issuer,
  type Token,
  forged,
  hmacOfPublicKey,
  newSigner,
  startIssuer,
} from '#test/support/issuer.ts';
import { acme } from '#test/support/sealing.ts';

const AUDIENCE = 'palimpsest:acme';

/** An issuer, its sound tokens, and what the verifier says of any. */
async function verified(t: TestContext, options: Parameters<typeof startIssuer>[1] = {}) {
  const issuer = await startIssuer(t, options);
  const keys = issuerKeys({
    get: getJson(outboundAddresses([issuer.origin]), systemClock),
    clock: systemClock,
    warn: () => undefined,
  });
  const verify = tokenVerifier(keys, systemClock);
  const expected = {
    id: identityProviderIdOf(acme, issuer.issuer),
    issuer: issuer.issuer,
    audience: AUDIENCE,
  };
  const sound = ({ claims = {}, ...more }: Token = {}) =>
    issuer.token({ claims: { aud: AUDIENCE, sub: 'ada', ...claims }, ...more });
  const say = (token: string) => verify(token, expected);
  const isAccepted = async (token: string) => {
    const answer = await say(token);
    assert.ok('claims' in answer, JSON.stringify(answer));
    assert.equal(answer.claims['sub'], 'ada');
  };
  const isRefused = async (token: string, reason: TokenRefusal) =>
    assert.deepEqual(await say(token), { refused: reason });
  return { issuer, sound, isAccepted, isRefused };
}

const seconds = () => Math.floor(Date.now() / 1_000);
const payloadOf = ({ issuer }: Issuer) => ({
  iss: issuer,
  aud: AUDIENCE,
  sub: 'ada',
  exp: seconds() + 300,
});

for (const alg of ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519']) {
  test(`a token signed with ${alg} is accepted`, async (t) => {
    const { sound, isAccepted } = await verified(t, { alg });
    await isAccepted(await sound());
  });
}

test('a token is accepted whichever of its audiences is ours, and shortly around its times', async (t) => {
  const { sound, isAccepted } = await verified(t);
  const now = seconds();
  await isAccepted(await sound({ claims: { aud: ['account', AUDIENCE] } }));
  await isAccepted(await sound({ claims: { exp: now - 20 } }));
  await isAccepted(await sound({ claims: { nbf: now + 20 } }));
  await isAccepted(await sound({ header: { typ: 'JWT' } }));
  await isAccepted(await sound({ header: { typ: undefined } }));
});

const hostile: Readonly<Record<string, readonly [Token, TokenRefusal]>> = {
  'from another issuer': [{ claims: { iss: 'https://other.example.com' } }, 'issuer'],
  'from an issuer that is written a little differently': [
    { claims: { iss: 'HTTP://127.0.0.1/' } },
    'issuer',
  ],
  'for another audience': [{ claims: { aud: 'palimpsest:umbra' } }, 'audience'],
  'for an audience that only begins like ours': [{ claims: { aud: `${AUDIENCE}x` } }, 'audience'],
  'for nobody': [{ claims: { aud: [] } }, 'audience'],
  'that has expired': [{ claims: { exp: 1 } }, 'expired'],
  'that expired longer ago than clocks differ': [{ claims: { exp: seconds() - 60 } }, 'expired'],
  'that never expires': [{ claims: { exp: undefined } }, 'claims'],
  'that is not valid yet': [{ claims: { nbf: seconds() + 120 } }, 'not-yet-valid'],
  'that names nobody': [{ claims: { sub: undefined } }, 'claims'],
  'of another purpose': [{ header: { typ: 'logout+jwt' } }, 'type'],
  'that is an ID token': [{ claims: { nonce: 'n' } }, 'type'],
  'of a key that is none of the issuer’s': [{ header: { kid: 'another' } }, 'key'],
};
for (const [what, [token, reason]] of Object.entries(hostile)) {
  test(`a token ${what} is refused`, async (t) => {
    const { sound, isRefused } = await verified(t);
    await isRefused(await sound(token), reason);
  });
}

test('a token that insists on a header which nobody here understands is refused', async (t) => {
  const { issuer, isRefused } = await verified(t);
  const { kid, privateKey } = issuer.signer();
  const token = await new SignJWT(payloadOf(issuer))
    .setProtectedHeader({ alg: 'RS256', kid, crit: ['x'], x: true })
    .sign(privateKey, { crit: { x: true } });
  await isRefused(token, 'malformed');
});

test('a public key is no shared secret: HS256 is refused, whatever it was made with', async (t) => {
  const { issuer, isRefused } = await verified(t);
  const { kid, publicKey } = issuer.signer();
  const header = { alg: 'HS256', kid, typ: 'at+jwt' };
  await isRefused(
    forged(header, payloadOf(issuer), await hmacOfPublicKey(issuer.signer())),
    'algorithm',
  );
  const spki = await exportSPKI(publicKey);
  const token = await new SignJWT(payloadOf(issuer))
    .setProtectedHeader(header)
    .sign(new TextEncoder().encode(spki));
  await isRefused(token, 'algorithm');
});

test('an unsigned token is refused, however `none` is written', async (t) => {
  const { issuer, isRefused } = await verified(t);
  for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
    await isRefused(
      forged({ alg, typ: 'at+jwt' }, payloadOf(issuer)),
      alg === '' ? 'malformed' : 'algorithm',
    );
  }
  await isRefused(forged({ typ: 'at+jwt' }, payloadOf(issuer)), 'malformed');
});

test('a signature that was cut off, changed or taken from another token is refused', async (t) => {
  const { sound, isRefused } = await verified(t);
  const token = await sound();
  const [header, payload, signature = ''] = token.split('.');
  const [, otherPayload] = (await sound({ claims: { sub: 'bob' } })).split('.');
  await isRefused(`${header}.${payload}.`, 'signature');
  await isRefused(`${header}.${payload}.${signature.slice(0, -8)}`, 'signature');
  await isRefused(`${header}.${otherPayload}.${signature}`, 'signature');
  const flipped = Buffer.from(signature, 'base64url');
  flipped.writeUInt8(flipped.readUInt8(9) ^ 1, 9);
  await isRefused(`${header}.${payload}.${flipped.toString('base64url')}`, 'signature');
});

test('keys that a token brings itself are not even looked at', async (t) => {
  const { issuer, sound, isRefused } = await verified(t);
  const own = await newSigner('RS256', issuer.signer().kid);
  const bait = await startIssuer(t);
  const jwk = await exportJWK(own.publicKey);
  for (const header of [
    { jwk },
    { jku: bait.origin + bait.keys },
    { x5u: bait.origin },
    { x5c: ['MII'] },
  ]) {
    await isRefused(await sound({ signer: own, header }), 'signature');
  }
  assert.deepEqual(bait.asked, []);
});

test('a key of another provider does not sign here, under its own name or ours', async (t) => {
  const { issuer, sound, isRefused } = await verified(t);
  const other = await startIssuer(t);
  const { signer } = other;
  await isRefused(await sound({ signer: signer() }), 'key');
  await isRefused(
    await sound({ signer: signer(), header: { kid: issuer.signer().kid } }),
    'signature',
  );
});

test('a symmetric key and a private key that an issuer publishes sign nothing', async (t) => {
  const { issuer, sound, isRefused } = await verified(t);
  const secret = Buffer.from('known to everybody, so it signs for everybody');
  const leaked = await newSigner('ES256');
  issuer.publish([
    issuer.signer().jwk,
    { kty: 'oct', kid: 'oct', k: secret.toString('base64url') },
    { ...(await exportJWK(leaked.privateKey)), kid: leaked.kid, alg: 'ES256' },
  ]);
  const hmac = await new SignJWT(payloadOf(issuer))
    .setProtectedHeader({ alg: 'HS256', kid: 'oct', typ: 'at+jwt' })
    .sign(secret);
  await isRefused(hmac, 'algorithm');
  await isRefused(await sound({ signer: leaked }), 'key');
});

test('a key that is too short or broken is refused like one that is not there', async (t) => {
  const { issuer, sound, isAccepted, isRefused } = await verified(t);
  const { jwk } = issuer.signer();
  issuer.publish([
    { ...jwk, kid: 'short', n: Buffer.alloc(64, 0xab).toString('base64url') },
    { ...jwk, kid: 'empty', n: '' },
    { ...jwk, kid: 'odd', n: 'not base64 at all!', e: [] as unknown as string },
    jwk,
  ]);
  for (const kid of ['short', 'empty', 'odd']) {
    await isRefused(await sound({ header: { kid } }), 'key');
  }
  await isAccepted(await sound());
});

test('among hundreds of keys a token’s own is found by its name, and without a name none is tried', async (t) => {
  const { issuer, sound, isAccepted, isRefused } = await verified(t, { alg: 'ES256' });
  const { jwk } = issuer.signer();
  const others = Array.from({ length: 400 }, (_, at) => ({ ...jwk, kid: `other-${at}` }));
  issuer.publish([...others, jwk]);
  await isAccepted(await sound());
  await isRefused(await sound({ header: { kid: undefined } }), 'key');
});

test('whatever is no token is malformed', async (t) => {
  const { sound, isRefused } = await verified(t);
  const [header = '', payload = ''] = (await sound()).split('.');
  for (const token of ['', '.', '..', 'a.b.c', '%.%.%', header, `${header}.${payload}`]) {
    await isRefused(token, 'malformed');
  }
  await isRefused(`${header}.e30.AA.AA.AA`, 'malformed');
  await isRefused(`${payload}..`, 'malformed');
});
