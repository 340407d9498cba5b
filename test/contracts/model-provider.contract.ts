import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { AnswerPart, ModelProvider } from '#commands/generation/model-port.ts';
import { answerOf, failureOf, promptOf } from '#test/support/answers.ts';

/** A provider that answers every prompt with some text, and JSON with an object. */
type Open = (t: TestContext) => Promise<ModelProvider>;

const ASKED =
  'Summarise: The heron stands in the river. The river is cold in spring. Fish hide from the heron.';

/** What every provider promises, whatever it is. */
export function modelProviderContract(name: string, open: Open): void {
  test(`${name}: an answer is started, told in pieces, finished, and counted, in this order`, async (t) => {
    const { parts, text, finish } = await answerOf(await open(t), promptOf(ASKED));
    assert.ok(text.length > 0);
    assert.equal(finish, 'stop');
    const types = parts.map(({ type }) => type);
    assert.equal(types[0], 'started');
    assert.ok(types.slice(1, -2).every((type) => type === 'text'));
    assert.ok(types.length > 4, 'it comes in more than one piece');
    assert.deepEqual(types.slice(-2), ['finish', 'usage']);
  });

  test(`${name}: usage says how many tokens were read and written, and who counted`, async (t) => {
    const provider = await open(t);
    const { usage } = await answerOf(provider, promptOf(ASKED));
    assert.ok(usage);
    assert.ok(usage.inputTokens > 0 && usage.outputTokens > 0);
    assert.ok(['provider', 'us'].includes(usage.countedBy));
    assert.equal(usage.implausible, false);
    assert.ok(provider.countPrompt(promptOf(ASKED)) >= 15);
  });

  test(`${name}: JSON that was asked for can be read`, async (t) => {
    const { text } = await answerOf(await open(t), promptOf(ASKED, { format: { type: 'json' } }));
    assert.equal(typeof JSON.parse(text), 'object');
  });

  test(`${name}: an attempt that is called off ends at once, and says what it took`, async (t) => {
    const calling = new AbortController();
    const seen: AnswerPart[] = [];
    const provider = await open(t);
    const reading = (async () => {
      const attempt = { model: 'test-model', prompt: promptOf(ASKED), signal: calling.signal };
      for await (const part of provider.call(attempt)) {
        seen.push(part);
        if (part.type === 'text') calling.abort();
      }
    })();
    const { retryable, usage } = await failureOf(reading, 'aborted');
    assert.equal(retryable, false);
    assert.equal(seen.at(-1)?.type, 'text');
    assert.ok(usage && usage.inputTokens > 0 && usage.outputTokens > 0);
  });

  test(`${name}: an attempt that was called off before asks nobody`, async (t) => {
    const signal = AbortSignal.abort();
    const provider = await open(t);
    const { usage } = await failureOf(answerOf(provider, promptOf(ASKED), { signal }), 'aborted');
    assert.equal(usage, undefined);
  });
}
