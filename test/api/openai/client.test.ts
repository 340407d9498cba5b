import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import OpenAI, { APIError, NotFoundError, RateLimitError } from 'openai';
import { shippedPlans } from '#domain/plan/shipped-plans.ts';
import { modelTenant } from '#test/support/model-tenant.ts';

// The official client, which changes its base URL and its key, and nothing else.

async function connected(t: TestContext) {
  const ours = await modelTenant(t);
  const client = new OpenAI({ baseURL: `${ours.url}/openai/v1`, apiKey: ours.key, maxRetries: 0 });
  return { ...ours, client };
}

const messages = [{ role: 'user' as const, content: 'What does the heron eat?' }];
const asked = { model: 'gpt-5-mini', messages };

const failureOf = async (work: Promise<unknown>): Promise<APIError> => {
  const error = await work.then(
    () => assert.fail('it was answered'),
    (error: unknown) => error,
  );
  assert.ok(error instanceof APIError, String(error));
  return error;
};

test('a completion comes whole, with its usage', async (t) => {
  const { client, models } = await connected(t);
  models.next({ text: ['Fish', ' and frogs.'], usage: { input: 30, cacheRead: 10, output: 6 } });
  const answer = await client.chat.completions.create({ ...asked, max_tokens: 40, top_p: 0.5 });
  assert.equal(answer.choices[0]?.message.content, 'Fish and frogs.');
  assert.equal(answer.choices[0]?.finish_reason, 'stop');
  assert.equal(answer.model, 'gpt-5-mini');
  assert.deepEqual(
    [answer.usage?.prompt_tokens, answer.usage?.completion_tokens, answer.usage?.total_tokens],
    [30, 6, 36],
  );
  assert.equal(answer.usage?.prompt_tokens_details?.cached_tokens, 10);
  assert.match(answer.id, /^chatcmpl-/);
  const sent = models.requests[0]?.body;
  assert.equal(sent?.['max_completion_tokens'], 40);
  assert.equal(sent?.['top_p'], 0.5);
});

test('a stream comes in pieces, as the model writes it', async (t) => {
  const { client, models } = await connected(t);
  models.next({ text: ['Fish', ' and', ' frogs.'], usage: { input: 30, output: 6 } });
  const stream = await client.chat.completions.create({
    ...asked,
    stream: true,
    stream_options: { include_usage: true },
  });
  const pieces: string[] = [];
  let usage: number | undefined;
  let finish: string | null | undefined;
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta.content) pieces.push(chunk.choices[0].delta.content);
    finish = chunk.choices[0]?.finish_reason ?? finish;
    usage = chunk.usage?.completion_tokens ?? usage;
  }
  // The filter holds back what a rule could still begin with, so the cuts are not the model's.
  assert.equal(pieces.join(''), 'Fish and frogs.');
  assert.ok(pieces.length > 1);
  assert.deepEqual([finish, usage], ['stop', 6]);
});

const tools = [
  {
    type: 'function' as const,
    function: {
      name: 'look_up',
      parameters: { type: 'object', properties: { bird: { type: 'string' } } },
    },
  },
];
const calling = {
  toolCalls: [{ id: 'call_1', name: 'look_up', arguments: ['{"bird":', '"heron"}'] }],
  usage: { input: 40, output: 12 },
};

test('tools are passed through, whole and streamed, and their results come back', async (t) => {
  const { client, models } = await connected(t);
  models.next(calling, calling, { text: ['Fish.'], usage: { input: 60, output: 3 } });
  const whole = await client.chat.completions.create({ ...asked, tools, tool_choice: 'required' });
  const [call] = whole.choices[0]?.message.tool_calls ?? [];
  assert.equal(whole.choices[0]?.finish_reason, 'tool_calls');
  assert.ok(call?.type === 'function');
  assert.deepEqual(JSON.parse(call.function.arguments), { bird: 'heron' });
  assert.deepEqual(models.requests[0]?.body['tools'], tools);
  assert.equal(models.requests[0]?.body['tool_choice'], 'required');

  const runner = client.chat.completions.stream({ ...asked, tools });
  const streamed = await runner.finalChatCompletion();
  const [again] = streamed.choices[0]?.message.tool_calls ?? [];
  assert.ok(again?.type === 'function');
  assert.deepEqual([again.id, again.function.name], ['call_1', 'look_up']);
  assert.equal(again.function.arguments, '{"bird":"heron"}');

  const answer = await client.chat.completions.create({
    ...asked,
    tools,
    messages: [
      ...messages,
      whole.choices[0].message,
      { role: 'tool', tool_call_id: call.id, content: '{"eats":"fish"}' },
    ],
  });
  assert.equal(answer.choices[0]?.message.content, 'Fish.');
  const sent = models.requests[2]?.body['messages'] as { role: string }[];
  assert.deepEqual(
    sent.map(({ role }) => role),
    ['user', 'assistant', 'tool'],
  );
});

test('JSON that follows a schema is asked for as such', async (t) => {
  const { client, models } = await connected(t);
  models.next({ text: ['{"eats":', '"fish"}'], usage: { input: 30, output: 6 } });
  const schema = { type: 'object', properties: { eats: { type: 'string' } } };
  const answer = await client.chat.completions.create({
    ...asked,
    response_format: { type: 'json_schema', json_schema: { name: 'diet', schema } },
  });
  assert.deepEqual(JSON.parse(answer.choices[0]?.message.content ?? ''), { eats: 'fish' });
});

test('a field that has no meaning here is refused by its name', async (t) => {
  const { client, models } = await connected(t);
  const error = await failureOf(
    client.chat.completions.create({ ...asked, logit_bias: { '50256': -100 } }),
  );
  assert.equal(error.status, 400);
  assert.equal(error.param, 'logit_bias');
  assert.match(error.message, /logit_bias/);
  const choices = await failureOf(client.chat.completions.create({ ...asked, n: 2 }));
  assert.deepEqual([choices.status, choices.param], [400, 'n']);
  const nested = await failureOf(
    client.chat.completions.create({
      ...asked,
      messages: [
        {
          role: 'user',
          content: [{ type: 'image_url', image_url: { url: 'https://example.com/x.png' } }],
        },
      ],
    }),
  );
  assert.equal(nested.status, 400);
  assert.match(nested.param ?? '', /^messages/);
  assert.equal(models.requests.length, 0);
});

test('refusals reach the client as the errors that it knows', async (t) => {
  const { client, url } = await connected(t);
  const unknown = await failureOf(
    client.chat.completions.create({ ...asked, model: 'gpt-nobody' }),
  );
  assert.ok(unknown instanceof NotFoundError);
  assert.equal(unknown.code, 'model/not-found');
  const stranger = new OpenAI({
    baseURL: `${url}/openai/v1`,
    apiKey: 'plm_ours_x_y',
    maxRetries: 0,
  });
  assert.equal((await failureOf(stranger.chat.completions.create(asked))).status, 401);
});

test('a provider that fails is an error with a status, also before a stream has begun', async (t) => {
  const { client, models } = await connected(t);
  const broken = { fault: { kind: 'status', status: 400, code: 'invalid_request_error' } } as const;
  models.next(broken, broken);
  for (const stream of [false, true]) {
    const error = await failureOf(client.chat.completions.create({ ...asked, stream }));
    assert.equal(error.status, 502);
    assert.equal(error.code, 'generation/failed');
  }
});

test('a stream that breaks in the middle says so, and does not look finished', async (t) => {
  const { client, models } = await connected(t);
  models.next({ text: ['Fish', ' and'], fault: { kind: 'cut', after: 1 } });
  const stream = await client.chat.completions.create({ ...asked, stream: true });
  const pieces: string[] = [];
  const reading = (async () => {
    for await (const chunk of stream) pieces.push(chunk.choices[0]?.delta.content ?? '');
  })();
  const error = await failureOf(reading);
  assert.equal(error.code, 'generation/failed');
  assert.match(pieces.join(''), /^Fi/);
});

test('a limit refuses with the limit and the time after which it frees', async (t) => {
  const { client, models, make, operatorKey } = await connected(t);
  const { name, figures } = shippedPlans.find(({ planId }) => planId === 'enterprise')!;
  await make(operatorKey, 'PUT', '/admin/v1/plans/enterprise', {
    name,
    figures: { ...figures, requestsPerMinute: 1 },
  });
  await client.chat.completions.create(asked);
  const error = await failureOf(client.chat.completions.create(asked));
  assert.ok(error instanceof RateLimitError);
  assert.equal(error.code, 'budget/exhausted');
  assert.match(error.headers?.get('ratelimit') ?? '', /^"requestsPerMinute";r=0;t=\d+$/);
  const seconds = Number(error.headers?.get('retry-after'));
  assert.ok(seconds > 0 && seconds <= 60, String(seconds));
  assert.equal(models.requests.length, 1);
});

test('models that can be used are listed, and tasks among them', async (t) => {
  const { client, app, send, eventsAfter } = await connected(t);
  const last = (await eventsAfter(0n)).at(-1)?.position;
  await send('/openai/v1/models', undefined, {
    'palimpsest-min-position': `${app.logId}.${last}`,
  });
  const names = (await client.models.list()).data.map(({ id }) => id);
  for (const name of ['gpt-5-mini', 'claude-haiku-4-5', 'offline', 'converse']) {
    assert.ok(names.includes(name), `${name} is among ${names.join()}`);
  }
});
