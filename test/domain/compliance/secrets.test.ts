import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REDACTED } from '#domain/compliance/matching/redacting.ts';
import { secretRules } from '#domain/compliance/secrets/secret-rules.ts';
import { filterWith } from '#test/support/filters.ts';
import { secretSamples } from '#test/support/secret-samples.ts';

const filter = await filterWith([{ detector: 'secrets', actions: { prompt: 'redact' } }]);
const shown = async (text: string) => (await filter.whole('prompt', text)).text;

test('every sample is found in prose, in JSON and in a shell command', async () => {
  for (const secret of secretSamples) {
    for (const text of [`It is ${secret}, he said.`, `{"a":"${secret}"}`, `export A=${secret}\n`]) {
      const { verdict } = await filter.whole('prompt', text);
      assert.equal(verdict.outcome, 'redacted', text);
    }
  }
});

test('every rule has a name of its own', () => {
  assert.equal(new Set(secretRules).size, secretRules.length);
});

test('only the secret goes, and what surrounds it stays', async () => {
  const drawn = 'k3Zp9QxT7vLm2RbW';
  assert.equal(await shown(`password: "${drawn}"`), `password: "${REDACTED}"`);
  assert.equal(await shown(`DB_PASSWORD=${drawn}\nPORT=1`), `DB_PASSWORD=${REDACTED}\nPORT=1`);
  assert.equal(await shown(`redis://u:${drawn}@h:6379/0`), `redis://u:${REDACTED}@h:6379/0`);
  assert.equal(await shown(`the password is ${drawn}, ok`), `the password is ${REDACTED}, ok`);
});

test('a private key goes to its last line, however long, and the text goes on', async () => {
  const body = Array.from({ length: 60 }, () => 'k3Zp9QxT7vLm2RbWc8HdN5sYjF6gU4eA'.repeat(2));
  const key = [
    '-----BEGIN OPENSSH PRI',
    `VATE KEY-----\n${body.join('\n')}\n-----END OPENSSH PRIVATE KEY-----`,
  ];
  assert.equal(await shown(`Here:\n${key.join('')}\nThanks.`), `Here:\n${REDACTED}\nThanks.`);
  const escaped = key.join('').replaceAll('\n', '\\n');
  assert.equal(await shown(`{"private_key": "${escaped}"}`), `{"private_key": "${REDACTED}"}`);
});

const innocent = [
  'Set password = "changeme" and token: <your-token-here> first.',
  'password: ********, api_key=${API_KEY}, secret = process.env.SECRET',
  'See https://example.com:8080/path@2 and http://localhost:3000.',
  '-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----',
  'The secret is to keep calm; her password is none of your business.',
  'ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx is what a token looks like',
  'AKIAIOSFODNN7EXAMPLE',
  'tokens: 4096, tokenizer: bert-base, max_tokens = 2048',
  'task-force risk-free desk-sk-',
];
for (const text of innocent) {
  test(`there is no secret in ${JSON.stringify(text)}`, async () => {
    assert.equal(await shown(text), text);
  });
}

// Not a measurement: an expression that tries every way to read these would be at it for years.
const adversarial = [
  'sk-'.repeat(350_000),
  '-----BEGIN '.repeat(90_000),
  'eyJ'.repeat(350_000),
  'password='.repeat(110_000),
  'password'.repeat(125_000),
  `token ${' '.repeat(1_000_000)}`,
  'http://a:'.repeat(110_000),
  'eyJaaaaaaaaaaaaaa.'.repeat(55_000),
  'a'.repeat(1_000_000),
  `-----BEGIN RSA PRIVATE KEY-----\n${'-'.repeat(1_000_000)}`,
];
test('texts that are made to be hard are read to their end', async () => {
  for (const text of adversarial) {
    assert.ok((await shown(`${text} ; The end.`)).endsWith('; The end.'), text.slice(0, 40));
  }
});
