import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuleId } from '#domain/compliance/finding.ts';
import { policyAggregate } from '#domain/compliance/policy/decide.ts';
import {
  type DetectorSettings,
  PolicyDetectors,
  type PolicyEvent,
} from '#domain/compliance/policy/events.ts';
import { secretAction } from '#domain/compliance/policy/rules-in-force.ts';
import { shippedPolicy } from '#domain/compliance/policy/shipped-policy.ts';
import type { PolicyId } from '#domain/ids.ts';
import { given, principal } from '#test/support/given.ts';

const policyId = 'house-rules' as PolicyId;
const redactSecrets: DetectorSettings = { detector: 'secrets', actions: { prompt: 'redact' } };
const blockNames: DetectorSettings = {
  detector: 'deny-list',
  name: 'names',
  phrases: ['Nightfall'],
  actions: { answer: 'block' },
};
const publish = (...detectors: DetectorSettings[]) =>
  ({ type: 'PublishPolicy', policyId, detectors }) as const;
const withdraw = { type: 'WithdrawPolicy', policyId } as const;
const published = (version: number, ...detectors: DetectorSettings[]): PolicyEvent => ({
  type: 'PolicyPublished',
  data: { policyId, version, detectors },
});
const withdrawn: PolicyEvent = { type: 'PolicyWithdrawn', data: { policyId } };
const { decider } = policyAggregate;
const by = { principal: principal('ada', 'admin') };

test('a policy is published in versions, and the same one once more is nothing', () => {
  given(decider).when(publish(redactSecrets), by).happens(published(1, redactSecrets));
  given(decider).when(publish(redactSecrets), by).twice();
  given(decider, published(1, redactSecrets))
    .when(publish(redactSecrets, blockNames), by)
    .happens(published(2, redactSecrets, blockNames));
});

test('a policy is withdrawn once, and counts on when it comes back', () => {
  given(decider, published(1, redactSecrets)).when(withdraw, by).happens(withdrawn);
  given(decider, published(1, redactSecrets)).when(withdraw, by).twice();
  given(decider, published(1, redactSecrets), withdrawn)
    .when(publish(redactSecrets), by)
    .happens(published(2, redactSecrets));
  given(decider).when(withdraw, by).isRejected('policy/not-found');
});

test('the shipped policy is withdrawn without having been published', () => {
  const { policyId: shipped } = shippedPolicy;
  given(decider)
    .when({ type: 'WithdrawPolicy', policyId: shipped }, by)
    .happens({ type: 'PolicyWithdrawn', data: { policyId: shipped } });
});

test('who may not publish policies may not withdraw them either', () => {
  for (const role of ['editor', 'author', 'reviewer', 'viewer', 'auditor'] as const) {
    const them = { principal: principal('rob', role) };
    given(decider).when(publish(redactSecrets), them).isRejected('right/missing');
    given(decider, published(1)).when(withdraw, them).isRejected('right/missing');
  }
});

test('of several policies the strictest holds, and an exception only within its own', () => {
  const rule = 'secret/json-web-token' as RuleId;
  const exceptions = [{ rule, actions: { prompt: 'allow' as const } }];
  const lenient = { ...redactSecrets, exceptions };
  const under = (...detectors: DetectorSettings[]) =>
    secretAction(
      detectors.map((one) => ({ policyId, version: 1, detectors: [one] })),
      rule,
      'prompt',
    );
  assert.equal(under(lenient), undefined);
  assert.equal(under(lenient, redactSecrets), 'redact');
  assert.equal(
    under({ detector: 'secrets', actions: { prompt: 'block' } }, redactSecrets),
    'block',
  );
  assert.equal(under(redactSecrets, blockNames), 'redact');
});

test('a detector stands once in a policy, and a deny list under a name of its own', () => {
  const other: DetectorSettings = { ...blockNames, name: 'others' };
  assert.ok(PolicyDetectors.safeParse([redactSecrets, blockNames, other]).success);
  assert.ok(!PolicyDetectors.safeParse([redactSecrets, redactSecrets]).success);
  assert.ok(!PolicyDetectors.safeParse([blockNames, blockNames]).success);
  assert.ok(!PolicyDetectors.safeParse([{ ...blockNames, phrases: [' '] }]).success);
});
