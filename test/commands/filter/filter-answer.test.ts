import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filterAnswer } from '#commands/filter/filter-answer.ts';
import { filterPrompt } from '#commands/filter/filter-prompt.ts';
import type { AnswerPart } from '#commands/generation/model-port.ts';
import type { Prompt } from '#domain/generation/prompt.ts';
import { filterWith } from '#test/support/filters.ts';
import { secretSamples } from '#test/support/secret-samples.ts';
import { arrayFrom, partsOf } from '#test/support/answer-parts.ts';

const secret = secretSamples[1]!;
const redact = { prompt: 'redact', context: 'block', answer: 'redact' } as const;
const filter = await filterWith([
  { detector: 'secrets', actions: redact },
  { detector: 'deny-list', name: 'names', phrases: ['nightfall'], actions: { answer: 'block' } },
]);

const usage: AnswerPart = {
  type: 'usage',
  usage: {
    inputTokens: 1,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 2,
    reasoningTokens: 0,
    implausible: false,
    countedBy: 'provider',
  },
};

test('an answer in which nothing is found passes as it came', async () => {
  const answer: AnswerPart[] = [
    { type: 'started', model: 'm' },
    { type: 'text', text: 'One ' },
    { type: 'text', text: 'two.' },
    { type: 'tool-call', index: 0, id: 'c', name: 'look', arguments: '' },
    { type: 'tool-call', index: 0, arguments: '{}' },
    { type: 'finish', reason: 'stop' },
    usage,
  ];
  const filtered = filterAnswer(filter, partsOf(answer));
  assert.deepEqual(await arrayFrom(filtered.parts), answer);
  assert.deepEqual(filtered.flags(), []);
});

test('a prompt in which nothing is found is the prompt', async () => {
  const prompt: Prompt = { messages: [{ role: 'user', content: 'Hello' }], maxTokens: 10 };
  const filtered = await filterPrompt(filter, prompt);
  assert.deepEqual(filtered, { prompt, flags: [], isBlocked: false });
});

test('a secret in an answer is taken out of text and of tool calls, cut anywhere', async () => {
  const answer: AnswerPart[] = [
    { type: 'text', text: `Use ${secret.slice(0, 9)}` },
    {
      type: 'tool-call',
      index: 0,
      id: 'c',
      name: 'look',
      arguments: `{"key":"${secret.slice(0, 5)}`,
    },
    { type: 'text', text: `${secret.slice(9)} now` },
    { type: 'tool-call', index: 0, arguments: `${secret.slice(5)}"}` },
    { type: 'finish', reason: 'stop' },
    usage,
  ];
  const filtered = filterAnswer(filter, partsOf(answer));
  const passed = await arrayFrom(filtered.parts);
  assert.equal(textOf(passed), 'Use [redacted] now');
  assert.equal(argumentsOf(passed), '{"key":"[redacted]"}');
  assert.deepEqual(passed.slice(-2), answer.slice(-2));
  assert.deepEqual(
    filtered.flags().map(({ place, outcome, found }) => ({ place, outcome, found })),
    [
      { place: 'text', outcome: 'redacted', found: 1 },
      { place: 'tool-calls/0', outcome: 'redacted', found: 1 },
    ],
  );
  assert.ok(
    !JSON.stringify(filtered.flags()).includes(secret.slice(0, 8)),
    'a flag holds no content',
  );
});

test('a blocked answer ends before what blocked it, and its provider is left', async () => {
  let isLeft = false;
  const answer = (async function* (): AsyncGenerator<AnswerPart> {
    try {
      yield* partsOf([
        { type: 'text', text: 'About Night' },
        { type: 'text', text: 'fall we' },
        { type: 'text', text: ' know all.' },
      ]);
    } finally {
      isLeft = true;
    }
  })();
  const filtered = filterAnswer(filter, answer);
  assert.deepEqual(await arrayFrom(filtered.parts), [
    { type: 'text', text: 'About ' },
    { type: 'finish', reason: 'filtered' },
  ]);
  assert.ok(isLeft);
  assert.deepEqual(
    filtered.flags().map(({ outcome, findings }) => ({ outcome, findings })),
    [
      {
        outcome: 'blocked',
        findings: [{ rule: 'deny/default.names', action: 'block', start: 6, end: 15 }],
      },
    ],
  );
});

test('a prompt is redacted message by message, and what a tool brings is context', async () => {
  const prompt: Prompt = {
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: `Why does ${secret} fail?` },
      {
        role: 'assistant',
        content: '',
        toolCalls: [{ id: 'c', name: 'look', arguments: `{"key":"${secret}"}` }],
      },
      { role: 'tool', toolCallId: 'c', content: `It is ${secret}.` },
    ],
    tools: [{ name: 'look', description: `Knows ${secret}.`, parameters: { default: secret } }],
    maxTokens: 10,
  };
  const filtered = await filterPrompt(filter, prompt);
  assert.ok(!JSON.stringify(filtered).includes(secret));
  assert.ok(filtered.isBlocked);
  assert.deepEqual(
    filtered.flags.map(({ direction, place, outcome }) => `${direction} ${place} ${outcome}`),
    [
      'prompt messages/1 redacted',
      'prompt messages/2/tool-calls/0 redacted',
      'context messages/3 blocked',
      'prompt tools/0 redacted',
      'prompt tools/0/parameters redacted',
    ],
  );
});

const textOf = (parts: readonly AnswerPart[]): string =>
  parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
const argumentsOf = (parts: readonly AnswerPart[]): string =>
  parts.map((part) => (part.type === 'tool-call' ? part.arguments : '')).join('');
