import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '#domain/generation/prompt.ts';
import { anthropicProvider } from '#infra/models/anthropic.ts';
import { tokenCounter } from '#infra/models/token-counter.ts';
import { KEY, modelWireContract, wired } from '#test/contracts/model-wire.contract.ts';
import { answerOf, failureOf, promptOf } from '#test/support/answers.ts';

const open: Parameters<typeof modelWireContract>[1] = async ({ origin, clock, limits }) =>
  anthropicProvider({
    baseUrl: origin,
    apiKey: KEY,
    clock,
    limits,
    tokens: await tokenCounter('claude'),
  });

modelWireContract('anthropic', open);

test('anthropic: a request is what the Messages API documents, and comes with the key', async (t) => {
  const { server, provider } = await wired(t, open);
  const prompt = promptOf('Hi', { stop: ['END'], temperature: 1.4, topP: 0.9, seed: 7 });
  await answerOf(provider, prompt, { model: 'claude-test' });
  const { body, headers } = server.requests[0]!;
  assert.deepEqual(body, {
    model: 'claude-test',
    max_tokens: 500,
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
    stream: true,
    stop_sequences: ['END'],
    temperature: 1,
  });
  assert.equal(headers.authorization, `Bearer ${KEY}`);
  assert.deepEqual(provider.leavesOut(prompt), ['seed', 'topP']);
});

test('anthropic: a conversation with instructions, calls and results keeps its meaning', async (t) => {
  const { server, provider } = await wired(t, open);
  const messages: Message[] = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Weather here and there?' },
    {
      role: 'assistant',
      content: 'Let me look.',
      toolCalls: [
        { id: 'c1', name: 'weather', arguments: '{"city":"Vienna"}' },
        { id: 'c2', name: 'weather', arguments: 'not JSON' },
      ],
    },
    { role: 'tool', toolCallId: 'c1', content: 'sunny' },
    { role: 'tool', toolCallId: 'c2', content: 'rain' },
    { role: 'user', content: 'And now?' },
    { role: 'system', content: 'In English.' },
  ];
  await answerOf(provider, { messages, maxTokens: 9 });
  const { body } = server.requests[0]!;
  assert.equal(body['system'], 'Be brief.\n\nIn English.');
  assert.deepEqual(body['messages'], [
    { role: 'user', content: [{ type: 'text', text: 'Weather here and there?' }] },
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'Let me look.' },
        { type: 'tool_use', id: 'c1', name: 'weather', input: { city: 'Vienna' } },
        { type: 'tool_use', id: 'c2', name: 'weather', input: {} },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'c1', content: 'sunny' },
        { type: 'tool_result', tool_use_id: 'c2', content: 'rain' },
        { type: 'text', text: 'And now?' },
      ],
    },
  ]);
});

test('anthropic: tools have an input schema, and each choice its word', async (t) => {
  const { server, provider } = await wired(t, open);
  const parameters = { type: 'object', properties: { city: { type: 'string' } } };
  const tools = [{ name: 'weather', description: 'Of a city', parameters }, { name: 'now' }];
  for (const toolChoice of [undefined, 'none', 'required', { name: 'now' }] as const) {
    await answerOf(provider, promptOf('Hi', { tools, toolChoice, parallelToolCalls: false }));
  }
  assert.deepEqual(server.requests[0]!.body['tools'], [
    { name: 'weather', input_schema: parameters, description: 'Of a city' },
    { name: 'now', input_schema: { properties: {}, type: 'object' } },
  ]);
  assert.deepEqual(
    server.requests.map(({ body }) => body['tool_choice']),
    [
      { type: 'auto', disable_parallel_tool_use: true },
      { type: 'none' },
      { type: 'any', disable_parallel_tool_use: true },
      { type: 'tool', name: 'now', disable_parallel_tool_use: true },
    ],
  );
});

test('anthropic: JSON of a schema is asked for by its format, any JSON in words', async (t) => {
  const { server, provider } = await wired(t, open);
  const schema = { type: 'object', properties: {}, additionalProperties: false };
  for (const format of [
    { type: 'json' },
    { type: 'json-schema', name: 'facts', schema },
  ] as const) {
    server.next({ text: ['{}'], usage: { input: 10, output: 1 } });
    await answerOf(provider, promptOf('Hi', { format }));
  }
  const [json, facts] = server.requests.map(({ body }) => body);
  assert.match(String(json?.['system']), /one JSON object and nothing else/);
  assert.deepEqual(facts?.['output_config'], { format: { type: 'json_schema', schema } });
});

test('anthropic: a call without arguments has the empty object', async (t) => {
  const { server, provider } = await wired(t, open);
  const toolCalls = [{ id: 'c1', name: 'now', arguments: [] }];
  server.next({ toolCalls, usage: { input: 40, output: 8 } });
  const answer = await answerOf(provider, promptOf('Hi', { tools: [{ name: 'now' }] }));
  assert.deepEqual(answer.toolCalls, [{ id: 'c1', name: 'now', arguments: '{}' }]);
});

test('anthropic: an account without credit is not tried again', async (t) => {
  const { server, provider } = await wired(t, open);
  server.next({ fault: { kind: 'status', status: 400, code: 'billing_error' } });
  await failureOf(answerOf(provider, promptOf('Hi')), 'quota-exhausted');
});
