import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import Fastify from 'fastify';
import { replyWithProblem } from '#api/errors.ts';
import { AdmissionUnavailable } from '#commands/admission.ts';
import { refused } from '#domain/budget/refused.ts';

/** What a client hears when a route ends with this error. */
async function told(t: TestContext, error: Error) {
  const server = Fastify();
  t.after(() => server.close());
  server.setErrorHandler(replyWithProblem);
  server.get('/', () => {
    throw error;
  });
  const { statusCode, headers, json } = await server.inject('/');
  const { code, limit, scope, allowed } = json<Record<string, unknown>>();
  const named = { code, limit, scope, allowed };
  return { statusCode, named, retryAfter: headers['retry-after'], rateLimit: headers['ratelimit'] };
}

test('a client hears which limit refused and when it frees, in whole seconds and never too early', async (t) => {
  const refusal = { scope: 'key:k1', limit: 'tokensPerDay', allowed: 500 } as const;
  assert.deepEqual(await told(t, refused({ ...refusal, freesInMs: 1_001 })), {
    statusCode: 429,
    named: { code: 'budget/exhausted', limit: 'tokensPerDay', scope: 'key:k1', allowed: 500 },
    retryAfter: '2',
    rateLimit: '"tokensPerDay";r=0;t=2',
  });
});

test('a request that no waiting helps is not told to wait', async (t) => {
  const refusal = { scope: 'tenant', limit: 'tokensPerMinute', allowed: 500 } as const;
  assert.deepEqual(await told(t, refused({ ...refusal, freesInMs: null })), {
    statusCode: 422,
    named: { code: 'budget/never-fits', limit: 'tokensPerMinute', scope: 'tenant', allowed: 500 },
    retryAfter: undefined,
    rateLimit: undefined,
  });
});

test('counters that cannot be asked are a 503 with a time to come back, and say no address', async (t) => {
  const cause = new Error('connect ECONNREFUSED redis://:secret@10.0.0.1');
  const unavailable = new AdmissionUnavailable('Redis does not answer', { cause });
  const { statusCode, named, retryAfter } = await told(t, unavailable);
  assert.deepEqual([statusCode, named.code, retryAfter], [503, 'budget/unavailable', '1']);
});
