import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { parseApiKey } from '#domain/api-key/key-text.ts';
import { hashSecret, newSecret, secretFits } from '#infra/crypto/api-key.ts';

test('a new secret makes a key that can be parsed, and never the same one', () => {
  const secret = newSecret(randomBytes);
  assert.equal(parseApiKey(`plm_acme_0123456789abcdef_${secret}`)?.secret, secret);
  assert.notEqual(newSecret(randomBytes), secret);
});

test('a secret fits its own hash and no other', () => {
  const secret = newSecret(randomBytes);
  assert.ok(secretFits(secret, hashSecret(secret)));
  assert.ok(!secretFits(newSecret(randomBytes), hashSecret(secret)));
  assert.ok(!secretFits(secret, ''));
  assert.ok(!secretFits(secret, hashSecret(secret).toUpperCase()));
});

test('the hash is SHA-256 in hexadecimal (FIPS 180-4, example "abc")', () => {
  assert.equal(
    hashSecret('abc'),
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});
