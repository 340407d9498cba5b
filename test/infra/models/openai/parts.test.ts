import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelError } from '#domain/generation/model-error.ts';
import { partsOf } from '#infra/models/openai/parts.ts';

// Servers that speak OpenAI's protocol more or less: what some of them were seen to send.

type Chunk = Parameters<typeof partsOf>[0] extends AsyncIterable<infer One> ? One : never;

async function partsFrom(...chunks: object[]) {
  const parts = [];
  const stream = (async function* () {
    for (const chunk of chunks) yield chunk as Chunk;
  })();
  for await (const part of partsOf(stream)) if (part.type !== 'started') parts.push(part);
  return parts;
}

test('text, finish and usage may come in one chunk', async () => {
  const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 };
  const choices = [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }];
  assert.deepEqual(await partsFrom({ choices, usage }), [
    { type: 'text', text: 'Hi' },
    { type: 'finish', reason: 'stop' },
    {
      type: 'reported',
      usage: {
        inputTokens: 3,
        cacheReadTokens: undefined,
        cacheWriteTokens: undefined,
        outputTokens: 1,
        reasoningTokens: undefined,
      },
    },
  ]);
});

test('a chunk without a choice, a delta or a model says nothing, and harms nothing', async () => {
  const choices = [{ index: 0, finish_reason: null }];
  assert.deepEqual(await partsFrom({ choices: [] }, { choices, usage: null }), []);
});

test('a refusal is text of the answer', async () => {
  const choices = [{ index: 0, delta: { refusal: 'I cannot.' }, finish_reason: 'stop' }];
  assert.deepEqual((await partsFrom({ choices }))[0], { type: 'text', text: 'I cannot.' });
});

test('a reason that nobody has heard of ends the answer all the same', async () => {
  const choices = [{ index: 0, delta: {}, finish_reason: 'eos' }];
  assert.deepEqual(await partsFrom({ choices }), [{ type: 'finish', reason: 'stop' }]);
});

test('what is no chunk is malformed', async () => {
  for (const wrong of [{}, { choices: 'none' }, [1], { error: 'x' }]) {
    await assert.rejects(
      partsFrom(wrong),
      (error) => error instanceof ModelError && error.kind === 'malformed',
    );
  }
});
