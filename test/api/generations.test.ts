import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RealServer, realServer } from '#test/support/real-server.ts';

const hello = {
  role: 'user',
  content: 'Summarise: The heron fishes at dawn. It stands still in the water for hours.',
};
const offline = { model: 'offline', messages: [hello] };

const post = async (server: RealServer, key: string, payload: object, headers = {}) =>
  await server.send(key, { method: 'POST', url: '/v1/generations', payload, headers });

test('a generation is answered, and its stream holds what it reserved, tried and was debited', async (t) => {
  const server = await realServer(t);
  const { key } = await server.tenant('ours', 'Ours');
  const answer = await post(server, key, offline);
  assert.equal(answer.statusCode, 201, answer.body);
  const made = answer.json();
  assert.equal(made.status, 'completed');
  assert.match(made.answer.text, /heron/);
  assert.equal(made.model, 'offline');
  assert.equal(made.usage.costNanoUsd, 0);
  assert.ok(made.usage.inputTokens > 10 && made.usage.outputTokens > 0);
  assert.equal(answer.headers['location'], `/v1/generations/${made.id}`);

  const events = (await server.eventsAfter(0n)).filter(({ stream }) => stream.endsWith(made.id));
  assert.deepEqual(
    events.map(({ type }) => type),
    [
      'GenerationRequested',
      'BudgetReserved',
      'AttemptMade',
      'BudgetDebited',
      'GenerationCompleted',
    ],
  );
  const read = await server.send(key, { method: 'GET', url: `/v1/generations/${made.id}` });
  assert.deepEqual(read.json(), made);
});
