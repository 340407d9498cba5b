import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type ReportedUsage, settleUsage } from '#domain/usage.ts';

const counted = { inputTokens: 1_000, outputTokens: 200 };
const reported = {
  inputTokens: 1_040,
  cacheReadTokens: 512,
  cacheWriteTokens: 0,
  outputTokens: 260,
  reasoningTokens: 64,
};
const byUs = {
  ...counted,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  countedBy: 'us',
  implausible: false,
};

test('what a provider says is taken as it is, when it can be true', () => {
  const usage = settleUsage(reported, counted);
  assert.deepEqual(usage, { ...reported, countedBy: 'provider', implausible: false });
});

test('far more output than was seen is believed: reasoning is billed and not shown', () => {
  const usage = settleUsage({ ...reported, outputTokens: 9_000, reasoningTokens: 8_800 }, counted);
  assert.equal(usage.outputTokens, 9_000);
  assert.equal(usage.implausible, false);
});

const nonsense: readonly (readonly [string, ReportedUsage | undefined])[] = [
  ['nothing', undefined],
  ['an empty report', {}],
  ['zero for both', { inputTokens: 0, outputTokens: 0 }],
  ['zero for an answer that came', { ...reported, outputTokens: 0, reasoningTokens: 0 }],
  ['zero for a prompt that was sent', { ...reported, inputTokens: 0, cacheReadTokens: 0 }],
  ['less than nothing', { ...reported, inputTokens: -5 }],
  ['half a token', { ...reported, outputTokens: 260.5 }],
  ['no number', { ...reported, outputTokens: Number.NaN }],
  ['more than can be counted', { ...reported, outputTokens: 2 ** 60 }],
  ['more from the cache than there was', { ...reported, cacheReadTokens: 2_000 }],
  ['more reasoning than answer', { ...reported, reasoningTokens: 261 }],
];
for (const [what, report] of nonsense) {
  test(`a report of ${what} is not believed in anything: we count`, () => {
    assert.deepEqual(settleUsage(report, counted), byUs);
  });
}

test('an empty answer may have taken nothing', () => {
  const usage = settleUsage(
    { inputTokens: 1_000, outputTokens: 0 },
    { ...counted, outputTokens: 0 },
  );
  assert.equal(usage.countedBy, 'provider');
  assert.equal(usage.outputTokens, 0);
});

test('less output than was streamed is flagged, and what was streamed counts', () => {
  const usage = settleUsage({ ...reported, outputTokens: 100 }, counted);
  assert.equal(usage.implausible, true);
  assert.equal(usage.outputTokens, 200);
  assert.equal(usage.inputTokens, 1_040, 'the other side is taken as it is');
});

test('less than half of the prompt is flagged, and the whole prompt counts', () => {
  const usage = settleUsage({ ...reported, inputTokens: 400, cacheReadTokens: 0 }, counted);
  assert.equal(usage.implausible, true);
  assert.equal(usage.inputTokens, 1_000);
});

test('a tokenizer that differs from ours by some percent is no reason to doubt', () => {
  const usage = settleUsage({ inputTokens: 700, outputTokens: 140 }, counted);
  assert.equal(usage.implausible, false);
  assert.equal(usage.outputTokens, 140);
});

test('of an answer that was cut the prompt is as reported, and the rest as we counted', () => {
  const usage = settleUsage({ inputTokens: 1_040, cacheReadTokens: 512 }, counted);
  assert.equal(usage.inputTokens, 1_040);
  assert.equal(usage.cacheReadTokens, 512);
  assert.equal(usage.outputTokens, 200);
  assert.equal(usage.countedBy, 'us');
});

test('whatever is reported, what is billed is whole, adds up, and is no less than half of what we saw', () => {
  const anyNumber = fc.option(fc.oneof(fc.integer({ min: -10, max: 5_000 }), fc.double()), {
    nil: undefined,
  });
  const fields = Object.keys(reported) as (keyof ReportedUsage)[];
  const anyReport = fc.record(
    Object.fromEntries(fields.map((field) => [field, anyNumber])) as Record<
      keyof ReportedUsage,
      typeof anyNumber
    >,
  );
  const someTokens = fc.nat(5_000);
  fc.assert(
    fc.property(anyReport, someTokens, someTokens, (report, inputTokens, outputTokens) => {
      const usage = settleUsage(report, { inputTokens, outputTokens });
      const { cacheReadTokens, cacheWriteTokens, reasoningTokens } = usage;
      for (const one of [usage.inputTokens, usage.outputTokens, cacheReadTokens, cacheWriteTokens])
        assert.ok(Number.isSafeInteger(one) && one >= 0);
      assert.ok(cacheReadTokens + cacheWriteTokens <= usage.inputTokens);
      assert.ok(reasoningTokens <= usage.outputTokens);
      assert.ok(usage.inputTokens >= inputTokens * 0.5);
      assert.ok(usage.outputTokens + 16 >= outputTokens * 0.75);
    }),
  );
});
