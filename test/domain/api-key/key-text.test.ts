import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiKeyIdOf, keyText, parseApiKey } from '#domain/api-key/key-text.ts';
import { ApiKeyId, type CommandId, type TenantId } from '#domain/ids.ts';

const keyId = '0123456789abcdef' as ApiKeyId;
const secret = 'A_b-'.repeat(10) + 'xyz';
const tenant = 'acme-2-eu' as TenantId;

test('a key is taken apart into what it was put together from', () => {
  assert.deepEqual(parseApiKey(keyText({ tenant, keyId, secret })), { tenant, keyId, secret });
});

test('whatever is not exactly a key is none', () => {
  const whole = keyText({ tenant, keyId, secret });
  const wrong = [
    '',
    'plm_',
    whole.slice(0, -1),
    `${whole}x`,
    ` ${whole}`,
    `${whole}\n`,
    whole.replace('plm_', 'PLM_'),
    whole.replace('acme', 'Acme'),
    whole.replace('acme', 'ac_me'),
    whole.replace('abcdef', 'ABCDEF'),
    whole.replace('0123', '012'),
    whole.replace('xyz', 'xy='),
    whole.replace('acme-2-eu', 'a'),
  ];
  for (const text of wrong) assert.equal(parseApiKey(text), undefined, text);
});

test('a command makes the same key id every time', () => {
  const one = apiKeyIdOf('11111111-1111-4111-8111-111111111111' as CommandId);
  assert.equal(one, apiKeyIdOf('11111111-1111-4111-8111-111111111111' as CommandId));
  assert.notEqual(one, apiKeyIdOf('11111111-1111-4111-8111-111111111112' as CommandId));
  assert.ok(ApiKeyId.safeParse(one).success);
});
