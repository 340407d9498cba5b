import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokenCounter } from '#infra/models/token-counter.ts';
import { promptOf } from '#test/support/answers.ts';

const prose = 'The heron stands in the river, and the fish hide from it. '.repeat(40);

for (const name of ['o200k', 'claude'] as const) {
  test(`${name}: prose is about four characters a token, and nothing is none`, async () => {
    const tokens = await tokenCounter(name);
    const each = prose.length / tokens.text(prose);
    assert.ok(each > 3 && each < 6, `${each} characters a token`);
    assert.equal(tokens.text(''), 0);
  });

  test(`${name}: words that would control a model are text in somebody's text`, async () => {
    const tokens = await tokenCounter(name);
    assert.ok(tokens.text('<|endoftext|> and <|im_start|>') > 6);
  });

  test(`${name}: a text without any space is counted in pieces, none of it left out`, async () => {
    const tokens = await tokenCounter(name);
    // As a whole, each of these would take both tokenizers tens of seconds.
    for (const one of ['a', '字', '👩‍👩‍👧', ' ', '\n', '=']) {
      const text = one.repeat(200_000 / one.length);
      const counted = tokens.text(text);
      assert.ok(counted >= text.length / 256, `${counted} tokens`);
      assert.ok(counted <= text.length * 4, `${counted} tokens`);
    }
  });

  test(`${name}: every part of a prompt counts: messages, calls, tools and a schema`, async () => {
    const tokens = await tokenCounter(name);
    const count = (more: Parameters<typeof promptOf>[1] = {}) =>
      tokens.prompt(promptOf('Hello there', more));
    const least = count();
    assert.ok(least > tokens.text('Hello there'));
    const parameters = { type: 'object', properties: { city: { type: 'string' } } };
    assert.ok(count({ tools: [{ name: 'weather', parameters }] }) > least + 10);
    const schema = { type: 'object', properties: { city: { type: 'string' } } };
    assert.ok(count({ format: { type: 'json-schema', name: 'x', schema } }) > least + 10);
    const called = { id: 'c', name: 'weather', arguments: '{"city":"Vienna"}' };
    const messages = [{ role: 'assistant', content: 'Hello there', toolCalls: [called] }] as const;
    assert.ok(count({ messages }) > least + 5);
  });
}
