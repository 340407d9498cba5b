import { test } from 'node:test';
import type { AlertId } from '#domain/alert/ids.ts';
import { deliveryAggregate } from '#domain/delivery/decide.ts';
import type { DeliveryEvent } from '#domain/delivery/events.ts';
import { derivedUuid } from '#domain/ids.ts';
import type { WebhookId } from '#domain/webhook/ids.ts';
import { given as givenOf } from '#test/support/given.ts';

const given = (...history: DeliveryEvent[]) => givenOf(deliveryAggregate.decider, ...history);
const what = {
  webhook: derivedUuid('test', 'webhook') as WebhookId,
  alert: derivedUuid('test', 'alert') as AlertId,
};
const due: DeliveryEvent = { type: 'DeliveryDue', data: what };
const failed = (attempts: number): DeliveryEvent => ({
  type: 'DeliveryAttemptFailed',
  data: { attempts, reason: 'status 500' },
});
const fail = (attempts: number) =>
  ({ type: 'FailAttempt', attempts, reason: 'status 500' }) as const;

test('a delivery that is asked for twice is due once', () => {
  given()
    .when({ type: 'Deliver', ...what })
    .twice();
});

test('each attempt that fails is told once, and leaves the delivery due', () => {
  given(due).when(fail(1)).happens(failed(1));
  given(due).when(fail(1)).twice();
  given(due, failed(1)).when(fail(2)).happens(failed(2));
  given(due, failed(1), failed(2)).when(fail(1)).nothingHappens();
});

test('a delivery that was made or given up changes no more', () => {
  const made: DeliveryEvent = { type: 'DeliveryMade', data: { attempts: 2 } };
  given(due, failed(1)).when({ type: 'EndDelivery', attempts: 2 }).happens(made);
  given(due).when({ type: 'EndDelivery', attempts: 1, reason: 'removed' }).twice();
  given(due, failed(1), made).when(fail(3)).nothingHappens();
});
