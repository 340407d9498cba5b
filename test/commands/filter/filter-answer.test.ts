import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filterAnswer } from '#commands/filter/filter-answer.ts';
import { filterPrompt } from '#commands/filter/filter-prompt.ts';
import type { AnswerPart } from '#commands/generation/model-port.ts';
import type { Prompt } from '#domain/generation/prompt.ts';
import { passThrough } from '#infra/detectors/pass-through.ts';
import { arrayFrom, partsOf } from '#test/support/answer-parts.ts';

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
  const filtered = filterAnswer(passThrough, partsOf(answer));
  assert.deepEqual(await arrayFrom(filtered.parts), answer);
  assert.deepEqual(filtered.flags(), []);
});

test('a prompt in which nothing is found is the prompt', async () => {
  const prompt: Prompt = { messages: [{ role: 'user', content: 'Hello' }], maxTokens: 10 };
  const filtered = await filterPrompt(passThrough, prompt);
  assert.deepEqual(filtered, { prompt, flags: [], isBlocked: false });
});
