import type { CommandRequest, Handle } from '#commands/handle.ts';
import type { History } from '#commands/history.ts';
import type { AlertEvent } from '#domain/alert/events.ts';
import type { Delivery, DeliveryCommand } from '#domain/delivery/decide.ts';
import type { DeliveryId } from '#domain/delivery/ids.ts';
import { type CommandId, SYSTEM, type TenantId, derivedUuid } from '#domain/ids.ts';
import type { Webhook } from '#domain/webhook/decide.ts';
import type { Work } from './job-queue.ts';
import type { PostFailure, PostWebhook } from './post-port.ts';
import type { WebhookSecrets } from './webhook-secrets.ts';

type Ports = {
  readonly deliveries: Handle<Delivery, DeliveryCommand>;
  readonly deliveryHistory: Pick<History<Delivery>, 'newest'>;
  readonly webhookHistory: Pick<History<Webhook>, 'newest'>;
  readonly alertHistory: Pick<History<unknown, AlertEvent>, 'event'>;
  readonly secrets: Pick<WebhookSecrets, 'open'>;
  readonly post: PostWebhook;
};

class NotTaken extends Error {
  constructor(reason: string) {
    super(`A webhook did not take its delivery: ${reason}`);
    this.name = 'NotTaken';
  }
}

/** Brings one alert to one webhook, once more. */
export function deliverAlert(ports: Ports): Work {
  const { deliveries, deliveryHistory } = ports;
  return async ({ tenant, delivery }, { number, isLast }) => {
    const { state } = await deliveryHistory.newest(tenant, delivery);
    if (state.status !== 'due') return;
    const failure = await sent(ports, tenant, state);
    if (failure !== undefined && !failure.isFinal && !isLast) throw new NotTaken(failure.reason);
    const attempts = number;
    const reason = failure === undefined ? {} : { reason: failure.reason };
    const command = { type: 'EndDelivery', attempts, ...reason } as const;
    await deliveries(delivery, command, endOf(tenant, delivery));
  };
}

async function sent(
  { webhookHistory, alertHistory, secrets, post }: Ports,
  tenant: TenantId,
  { webhook, alert }: Extract<Delivery, { status: 'due' | 'made' | 'given-up' }>,
): Promise<PostFailure> {
  const { state } = await webhookHistory.newest(tenant, webhook);
  if (state.status !== 'listening') return { reason: 'removed', isFinal: true };
  const secret = await secrets.open(tenant, state);
  const event = await alertHistory.event(tenant, alert, 0);
  if (secret === undefined || event === undefined) return { reason: 'erased', isFinal: true };
  const { id, recordedAt } = event.header;
  const body = { type: wordOf[event.type], timestamp: recordedAt, data: { tenant, ...event.data } };
  return await post(state.url, secret, { id, body: JSON.stringify(body) });
}

const wordOf = {
  BudgetThresholdReached: 'budget.threshold_reached',
  BudgetBreachProjected: 'budget.breach_projected',
} satisfies Record<AlertEvent['type'], string>;

function endOf(tenant: TenantId, delivery: DeliveryId): CommandRequest {
  const commandId = derivedUuid('delivery', delivery, 'ended') as CommandId;
  return {
    tenant,
    principal: { tenant, member: SYSTEM, roles: [], groups: [] },
    commandId,
    commandHash: new TextEncoder().encode(delivery),
    correlationId: delivery,
  };
}
