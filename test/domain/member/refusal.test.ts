import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memberAggregate } from '#domain/member/decide.ts';
import type { MemberEvent } from '#domain/member/events.ts';
import { type RecordRefusal, refusalCommandId } from '#domain/member/refusal.ts';
import { acme, at, given, memberNamed, principal } from '#test/support/given.ts';

const refusal = {
  action: 'document.edit',
  resourceKind: 'document',
  resourceId: '42',
  code: 'right/missing',
};
const record: RecordRefusal = { type: 'RecordRefusal', ...refusal };
const refused = (minute: string, resourceId = '42'): MemberEvent => ({
  type: 'ActionRefused',
  data: { ...refusal, resourceId, minute },
});
const byViewer = (time: string) => ({ principal: principal('vic', 'viewer'), now: at(time) });
const { decider } = memberAggregate;

test('a refusal is an event of the member whom it met, whatever that member may do', () => {
  given(decider)
    .when(record, byViewer('2026-01-31T12:00:59.999Z'))
    .happens(refused('2026-01-31T12:00'));
});

test('the same refusal again within the minute is nothing, in the next minute an event', () => {
  given(decider).when(record, byViewer('2026-01-31T12:00:01Z')).twice();
  const once = given(decider, refused('2026-01-31T12:00'));
  once.when(record, byViewer('2026-01-31T12:00:59Z')).nothingHappens();
  once.when(record, byViewer('2026-01-31T12:01:00Z')).happens(refused('2026-01-31T12:01'));
  once
    .when({ ...record, resourceId: '43' }, byViewer('2026-01-31T12:00:59Z'))
    .happens(refused('2026-01-31T12:00', '43'));
});

test('whoever tries ids one after the other cannot fill the log', () => {
  const tried = Array.from({ length: 30 }, (_, n) => refused('2026-01-31T12:00', String(n)));
  const flood = given(decider, ...tried);
  flood.when({ ...record, resourceId: '99' }, byViewer('2026-01-31T12:00:59Z')).nothingHappens();
  flood
    .when({ ...record, resourceId: '99' }, byViewer('2026-01-31T12:01:00Z'))
    .happens(refused('2026-01-31T12:01', '99'));
});

test('a refusal has one command id within its minute', () => {
  const vic = memberNamed('vic');
  const idAt = (time: string, code = 'right/missing') =>
    refusalCommandId(acme, vic, { ...refusal, code }, at(time));
  assert.equal(idAt('2026-01-31T12:00:00Z'), idAt('2026-01-31T12:00:59.999Z'));
  assert.notEqual(idAt('2026-01-31T12:00:00Z'), idAt('2026-01-31T12:01:00Z'));
  assert.notEqual(idAt('2026-01-31T12:00:00Z'), idAt('2026-01-31T12:00:00Z', 'other'));
});
