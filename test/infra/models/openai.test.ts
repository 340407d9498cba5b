import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Message } from '#domain/generation/prompt.ts';
import { openaiProvider } from '#infra/models/openai.ts';
import type { OpenAIDialect } from '#infra/models/openai/request.ts';
import { tokenCounter } from '#infra/models/token-counter.ts';
import { KEY, modelWireContract, wired } from '#test/contracts/model-wire.contract.ts';
import { answerOf, failureOf, promptOf } from '#test/support/answers.ts';

type Options = Parameters<Parameters<typeof modelWireContract>[1]>[0];

const opened =
  (dialect: OpenAIDialect = {}) =>
  async ({ origin, clock, limits }: Options) =>
    openaiProvider({
      baseUrl: `${origin}/v1`,
      apiKey: KEY,
      clock,
      limits,
      dialect,
      tokens: await tokenCounter('o200k'),
    });

modelWireContract('openai', opened());

async function sent(t: TestContext, ...asked: Parameters<typeof promptOf>) {
  const { server, provider } = await wired(t, opened());
  await answerOf(provider, promptOf(...asked), { model: 'gpt-test' });
  return server.requests[0]!;
}

test('openai: a request is what chat completions document, and comes with the key', async (t) => {
  const { body, headers } = await sent(t, 'Hi', {
    stop: ['END'],
    temperature: 0.2,
    topP: 0.9,
    seed: 7,
    presencePenalty: 0.1,
    frequencyPenalty: 0.3,
  });
  assert.deepEqual(body, {
    model: 'gpt-test',
    messages: [{ role: 'user', content: 'Hi' }],
    stream: true,
    stream_options: { include_usage: true },
    max_completion_tokens: 500,
    stop: ['END'],
    temperature: 0.2,
    top_p: 0.9,
    seed: 7,
    presence_penalty: 0.1,
    frequency_penalty: 0.3,
  });
  assert.equal(headers.authorization, `Bearer ${KEY}`);
});

test('openai: a server that knows only max_tokens is sent that', async (t) => {
  const { server, provider } = await wired(t, opened({ limitField: 'max_tokens' }));
  await answerOf(provider, promptOf('Hi'));
  const { body } = server.requests[0]!;
  assert.equal(body['max_tokens'], 500);
  assert.equal(body['max_completion_tokens'], undefined);
});

test('openai: tools, a choice of one and a conversation with calls keep their form', async (t) => {
  const { server, provider } = await wired(t, opened());
  const messages: Message[] = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Weather?' },
    {
      role: 'assistant',
      content: '',
      toolCalls: [{ id: 'c1', name: 'weather', arguments: '{"city":"Vienna"}' }],
    },
    { role: 'tool', toolCallId: 'c1', content: 'sunny' },
  ];
  const parameters = { type: 'object', properties: { city: { type: 'string' } } };
  const tools = [{ name: 'weather', description: 'Of a city', parameters, strict: true }];
  const toolChoice = { name: 'weather' };
  const choice = { toolChoice, parallelToolCalls: false };
  await answerOf(provider, { messages, tools, ...choice, maxTokens: 9 });
  const { body } = server.requests[0]!;
  assert.deepEqual(body['tools'], [
    {
      type: 'function',
      function: { name: 'weather', description: 'Of a city', parameters, strict: true },
    },
  ]);
  assert.deepEqual(body['tool_choice'], { type: 'function', function: { name: 'weather' } });
  assert.equal(body['parallel_tool_calls'], false);
  assert.deepEqual(body['messages'], [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Weather?' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        {
          id: 'c1',
          type: 'function',
          function: { name: 'weather', arguments: '{"city":"Vienna"}' },
        },
      ],
    },
    { role: 'tool', tool_call_id: 'c1', content: 'sunny' },
  ]);
});

test('openai: JSON is asked for by response_format', async (t) => {
  const { server, provider } = await wired(t, opened());
  const schema = { type: 'object', properties: {}, additionalProperties: false };
  for (const format of [
    { type: 'json' },
    { type: 'json-schema', name: 'facts', schema },
  ] as const) {
    server.next({ text: ['{}'], usage: { input: 10, output: 1 } });
    await answerOf(provider, promptOf('Hi', { format }));
  }
  assert.deepEqual(
    server.requests.map(({ body }) => body['response_format']),
    [
      { type: 'json_object' },
      { type: 'json_schema', json_schema: { name: 'facts', schema, strict: true } },
    ],
  );
});

test('openai: an account that is used up is not tried again, whatever its status says', async (t) => {
  const { server, provider } = await wired(t, opened());
  server.next({ fault: { kind: 'status', status: 429, code: 'insufficient_quota' } });
  const error = await failureOf(answerOf(provider, promptOf('Hi')), 'quota-exhausted');
  assert.equal(error.retryable, false);
});

test('openai: a prompt beyond the context is too long, whatever its status says', async (t) => {
  const { server, provider } = await wired(t, opened());
  server.next({ fault: { kind: 'status', status: 400, code: 'context_length_exceeded' } });
  await failureOf(answerOf(provider, promptOf('Hi')), 'too-long');
});
