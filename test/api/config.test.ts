import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { ConfigError, readConfig } from '#api/config.ts';

const problemsOf = (env: Record<string, string>): string => {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
};

test('nothing needs to be set', () => {
  const config = readConfig({ DATABASE_URL: '', PATH: '/bin' });
  assert.deepEqual(config, {
    home: resolve('.palimpsest'),
    databaseUrl: undefined,
    databaseOwnerUrl: undefined,
    databaseDirectUrl: undefined,
    eventStoreUrl: undefined,
    redisUrl: undefined,
    masterKey: undefined,
    operatorKey: undefined,
    providers: {
      openai: { apiKey: undefined, baseUrl: undefined },
      anthropic: { apiKey: undefined, baseUrl: undefined },
    },
    corsOrigins: [],
    privateIssuers: [],
    privateWebhooks: [],
    trustedProxies: [],
    projectorThread: false,
    host: '127.0.0.1',
    port: 7410,
    logLevel: 'info',
    notUsedYet: [],
  });
});

test('values are read as what they mean', () => {
  const config = readConfig({
    PORT: '0',
    HOST: '0.0.0.0',
    CORS_ORIGINS: 'https://app.example.com, http://localhost:3000',
    PALIMPSEST_MASTER_KEY: Buffer.alloc(32, 1).toString('base64'),
    PALIMPSEST_PRIVATE_ISSUERS: 'https://sso.internal:8443, http://127.0.0.1:9000',
    REDIS_URL: 'redis://localhost',
    NEO4J_URL: 'bolt://localhost',
  });
  assert.equal(config.port, 0);
  assert.deepEqual(config.corsOrigins, ['https://app.example.com', 'http://localhost:3000']);
  assert.deepEqual(config.privateIssuers, ['https://sso.internal:8443', 'http://127.0.0.1:9000']);
  assert.deepEqual(Buffer.from(config.masterKey ?? []), Buffer.alloc(32, 1));
  assert.equal(config.redisUrl, 'redis://localhost');
  assert.deepEqual(config.notUsedYet, ['NEO4J_URL']);
});

const secret = 'hunter2';
for (const [name, value] of [
  ['DATABASE_URL', `mysql://root:${secret}@localhost/x`],
  ['DATABASE_URL', `postgres://root:${secret}@local host/x`],
  ['REDIS_URL', `http://${secret}`],
  ['PALIMPSEST_MASTER_KEY', `${secret}=`],
  ['PALIMPSEST_MASTER_KEY', Buffer.alloc(31).toString('base64')],
  ['PALIMPSEST_OPERATOR_KEY', secret],
  ['OPENAI_API_KEY', `${secret} `],
  ['OPENAI_BASE_URL', secret],
  ['CORS_ORIGINS', '*'],
  ['CORS_ORIGINS', 'https://app.example.com/path'],
  ['PALIMPSEST_PRIVATE_ISSUERS', '*'],
  ['PALIMPSEST_PRIVATE_ISSUERS', 'http://sso.internal'],
  ['PALIMPSEST_PRIVATE_ISSUERS', 'https://sso.internal/realms/acme'],
  ['PORT', '65536'],
  ['PORT', '80.5'],
  ['PORT', '-1'],
  ['HOST', 'a b'],
  ['PALIMPSEST_PROJECTOR_THREAD', 'maybe'],
  ['LOG_LEVEL', 'loud'],
  ['EVENTSTORE_URL', `https://me:${secret}@localhost`],
  ['EVENTSTORE_URL', `esdb://me:${secret}@localhost?tlsVerifyCert=false`],
  ['EVENTSTORE_URL', `esdb://me:${secret}@localhost?tls=false&unknown=1`],
] as const) {
  test(`${name} with a wrong value (${value.length} characters) is named, and not shown`, () => {
    const problems = problemsOf({ [name]: value });
    assert.match(problems, new RegExp(`^${name} is not valid. Accepted: `));
    assert.ok(!problems.includes(secret));
  });
}

test('every wrong variable is named at once', () => {
  const problems = problemsOf({ PORT: 'x', LOG_LEVEL: 'x' });
  assert.equal(problems.split('\n').length, 2);
});

test('what would be ignored at the cost of data is refused', () => {
  const owner = { DATABASE_OWNER_URL: 'postgres://localhost/x' };
  assert.match(problemsOf(owner), /DATABASE_OWNER_URL is set and DATABASE_URL is not/);
});
