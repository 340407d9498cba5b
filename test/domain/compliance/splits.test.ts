import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Filter, Filtered } from '#commands/filter/filter-port.ts';
import { REDACTED } from '#domain/compliance/matching/redacting.ts';
import { LONGEST_HELD } from '#domain/compliance/matching/watch.ts';
import { filterWith } from '#test/support/filters.ts';
import { secretSamples } from '#test/support/secret-samples.ts';

const everywhere = (action: 'redact' | 'block') => ({ prompt: action, answer: action });
const phrases = ['Project Nightfall', 'Nightfall', 'élan', '機密', 'foo bar', 'сеть', 'a-b', '😀x'];
const redacting = await filterWith([
  { detector: 'secrets', actions: everywhere('redact') },
  { detector: 'deny-list', name: 'names', phrases, actions: everywhere('redact') },
]);
const blocking = await filterWith([
  { detector: 'secrets', actions: everywhere('redact') },
  { detector: 'deny-list', name: 'names', phrases, actions: everywhere('block') },
]);

/** What is made of secrets, phrases, what is almost one, and what disguises one. */
const text = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...secretSamples) },
      {
        weight: 4,
        arbitrary: fc.constantFrom(...phrases, 'Nightfаll', 'n\u200bightfall', 'ＦＯＯ  bar'),
      },
      { weight: 3, arbitrary: fc.constantFrom(...secretSamples.map((one) => one.slice(0, 12))) },
      {
        weight: 3,
        arbitrary: fc.constantFrom(' ', '\n', '.', ', ', '"', '=', '_', '-', '@', '://'),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom('\u200b'.repeat(300), 'a'.repeat(300), 'eyJ'.repeat(99)),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom('😀', '\ud83d', '\ude00', 'e\u0301', 'ก็', 'token: '),
      },
      { weight: 2, arbitrary: fc.string({ maxLength: 12 }) },
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(''));
const cuts = fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 60 });

/** Cut after so many units, over and over: a cut of 0 is an empty piece. */
function* pieces(whole: string, sizes: readonly number[]): Generator<string> {
  const steps = sizes.some((size) => size > 0) ? sizes : [1];
  for (let at = 0, turn = 0; at < whole.length; turn += 1) {
    const size = steps[turn % steps.length]!;
    yield whole.slice(at, at + size);
    at += size;
  }
}

async function streamed(
  filter: Filter,
  whole: string,
  sizes: readonly number[],
): Promise<Filtered> {
  const stream = filter.stream('answer');
  let shown = '';
  let taken = 0;
  for (const piece of pieces(whole, sizes)) {
    const passed = stream.next(piece);
    taken += piece.length;
    shown += passed.text;
    if (passed.isBlocked) return { text: shown, verdict: stream.verdict() };
    const { findings } = stream.verdict();
    if (findings.length === 0) {
      assert.ok(taken - shown.length <= LONGEST_HELD, `${taken - shown.length} are held back`);
    }
  }
  const { text: rest, verdict } = await stream.end();
  return { text: shown + rest, verdict };
}

for (const [name, filter] of [
  ['redacts', redacting],
  ['blocks', blocking],
] as const) {
  test(`a filter that ${name} says the same however a text is cut`, async () => {
    await fc.assert(
      fc.asyncProperty(text, cuts, async (whole, sizes) => {
        assert.deepEqual(await streamed(filter, whole, sizes), await filter.whole('answer', whole));
      }),
      { numRuns: 3_000 },
    );
  });
}

test('what is shown is the text without what was found', async () => {
  await fc.assert(
    fc.asyncProperty(text, async (whole) => {
      const { text: shown, verdict } = await redacting.whole('answer', whole);
      let expected = '';
      let at = -1;
      for (const { start, end } of verdict.findings) {
        if (start > at) expected += whole.slice(Math.max(0, at), start) + REDACTED;
        at = Math.max(at, end);
      }
      assert.equal(shown, expected + whole.slice(Math.max(0, at)));
    }),
    { numRuns: 1_000 },
  );
});

test('no piece of a secret or of a forbidden phrase is ever shown, cut at every place', async () => {
  for (const secret of secretSamples) {
    for (let cut = 1; cut < secret.length; cut += 1) {
      const { text: shown, verdict } = await streamed(redacting, `is ${secret} so`, [3 + cut, 999]);
      assert.equal(verdict.outcome, 'redacted', secret);
      assert.ok(shown.startsWith('is ') && shown.endsWith(' so'), shown);
      assert.ok(shown.includes(REDACTED), shown);
    }
  }
});

test('text that no rule could extend passes at once', () => {
  const stream = redacting.stream('answer');
  for (const piece of ['The ', 'weather', ' in Lyon: ', 'mild, ', 'dry. ']) {
    assert.equal(stream.next(piece).text, piece);
  }
});

test('a character is never handed out in halves', () => {
  const stream = redacting.stream('answer');
  assert.equal(stream.next('so \ud83d').text, 'so ');
  assert.equal(stream.next('\ude80!').text, '🚀!');
});

test('a rule that is allowed holds nothing back', async () => {
  const stream = (await filterWith([])).stream('answer');
  assert.equal(stream.next('password = ').text, 'password = ');
  const actions = { answer: 'allow', prompt: 'block' } as const;
  const prompts = await filterWith([{ detector: 'secrets', actions }]);
  assert.equal(prompts.stream('answer').next('password = k3Zp').text, 'password = k3Zp');
  assert.equal(prompts.stream('prompt').next('password = k3Zp').text, '');
});
