import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SlowDetector } from '#commands/filter/detector-port.ts';
import { makeFilter } from '#commands/filter/make-filter.ts';
import { flagFrom } from '#domain/compliance/flag.ts';
import type { Finding, RuleId } from '#domain/compliance/finding.ts';
import { secretsDetector } from '#infra/detectors/secrets.ts';
import { shippedPolicy } from '#domain/compliance/policy/shipped-policy.ts';
import { manualClock } from '#test/support/manual-clock.ts';
import { secretSamples } from '#test/support/secret-samples.ts';

const rule = 'toxicity/insult' as RuleId;
const late = 'toxicity/late' as RuleId;

function slowly(
  answer: SlowDetector['inspect'],
  whenLate: SlowDetector['whenLate'] = { action: 'pass' },
) {
  const clock = manualClock();
  const slow: SlowDetector = {
    version: 'toxicity-1',
    directions: ['prompt', 'answer'],
    timeLimitMs: 50,
    whenLate,
    inspect: answer,
  };
  const quick = [secretsDetector([shippedPolicy])];
  return { clock, filter: makeFilter({ quick, slow: [slow], policyVersion: 'default.0', clock }) };
}

const finding = (text: string, word: string, action: Finding['action']): Finding[] => {
  const start = text.indexOf(word);
  return start < 0 ? [] : [{ rule, action, start, end: start + word.length, score: 0.9 }];
};
const redactsFool = (text: string) => Promise.resolve(finding(text, 'fool', 'redact'));
const never = () => new Promise<never>(() => {});

test('what a slow detector finds in a prompt is redacted together with the rest', async () => {
  const { filter } = slowly(redactsFool);
  const { text, verdict } = await filter.whole('prompt', `You fool, use ${secretSamples[1]}.`);
  assert.equal(text, 'You [redacted], use [redacted].');
  assert.deepEqual(
    verdict.findings.map((one) => [one.rule, one.score]),
    [
      [rule, 0.9],
      ['secret/github-token', undefined],
    ],
  );
});

test('a slow detector is asked in its own directions only', async () => {
  const { filter } = slowly(redactsFool);
  assert.equal((await filter.whole('context', 'fool')).text, 'fool');
});

test('one that has no time is passed over and named, or blocks, as it is set', async () => {
  const passing = slowly(never);
  const passed = passing.filter.whole('prompt', 'Hello');
  await passing.clock.advance(50);
  assert.deepEqual((await passed).verdict.late, ['toxicity-1']);
  assert.equal((await passed).text, 'Hello');
  const flag = flagFrom('prompt', 'messages/0', (await passed).verdict);
  assert.deepEqual([flag?.outcome, flag?.late], ['passed', ['toxicity-1']]);

  const blocking = slowly(never, { action: 'block', rule: late });
  const blocked = blocking.filter.whole('prompt', 'Hello');
  await blocking.clock.advance(50);
  assert.equal((await blocked).verdict.outcome, 'blocked');
  assert.equal((await blocked).text, '');
});

test('one that fails counts as late', async () => {
  for (const fail of [
    () => Promise.reject(new Error('x')),
    () => {
      throw new Error('x');
    },
  ]) {
    const { filter } = slowly(fail, { action: 'block', rule: late });
    assert.equal((await filter.whole('prompt', 'Hello')).verdict.outcome, 'blocked');
  }
});

test('on a stream it flags what is out already, and blocks at the end', async () => {
  const flagging = slowly(redactsFool).filter.stream('answer');
  assert.equal(flagging.next('You fool. ').text, 'You fool. ');
  const { verdict } = await flagging.end();
  assert.deepEqual([verdict.outcome, verdict.findings.length], ['flagged', 1]);

  const blocking = slowly((text) => Promise.resolve(finding(text, 'fool', 'block')));
  const stream = blocking.filter.stream('answer');
  stream.next('You fool and to');
  assert.equal((await stream.end()).verdict.outcome, 'blocked');
});
