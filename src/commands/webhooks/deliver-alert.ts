import type { CommandRequest, Handle } from '#commands/handle.ts';
import type { History } from '#commands/history.ts';
import type { AlertEvent } from '#domain/alert/events.ts';
import type { Delivery, DeliveryCommand } from '#domain/delivery/decide.ts';
import type { DeliveryId } from '#domain/delivery/ids.ts';
import { type CommandId, SYSTEM, type TenantId, derivedUuid } from '#domain/ids.ts';
import type { Webhook } from '#domain/webhook/decide.ts';
import type { Work } from './job-queue.ts';
import type { PostWebhook, WebhookMessage } from './post-port.ts';
import type { WebhookSecrets } from './webhook-secrets.ts';

type Ports = {
  readonly deliveries: Handle<Delivery, DeliveryCommand>;
  readonly deliveryHistory: Pick<History<Delivery>, 'newest'>;
  readonly webhookHistory: Pick<History<Webhook>, 'newest'>;
  readonly alertHistory: Pick<History<unknown, AlertEvent>, 'event'>;
  readonly secrets: Pick<WebhookSecrets, 'open'>;
  readonly post: PostWebhook;
  /** Webhooks are a feature, which the tenant's plan may have lost since. */
  readonly isInPlan: (tenant: TenantId) => Promise<boolean>;
};

class NotTaken extends Error {
  constructor(reason: string) {
    super(`A webhook did not take its delivery: ${reason}`);
    this.name = 'NotTaken';
  }
}

/** One attempt to bring one alert to one webhook. Throws where it is to be tried again. */
export function deliverAlert(ports: Ports): Work {
  const { deliveries, deliveryHistory, post } = ports;
  return async ({ tenant, delivery }, { isLast }) => {
    const { state } = await deliveryHistory.newest(tenant, delivery);
    if (state.status !== 'due') return;
    const end = async (attempts: number, reason?: string) => {
      const command = { type: 'EndDelivery', attempts, ...(reason && { reason }) } as const;
      await deliveries(delivery, command, requestTo(tenant, delivery, 'ended'));
    };
    const toSend = await messageFor(ports, tenant, state);
    if ('reason' in toSend) return await end(state.attempts, toSend.reason);

    const failure = await post(toSend.url, toSend.secret, toSend.message);
    // By the log, because a queue that was lost begins anew.
    const attempts = state.attempts + 1;
    if (failure === undefined || failure.isFinal || isLast) {
      return await end(attempts, failure?.reason);
    }
    const { reason } = failure;
    const failed = { type: 'FailAttempt', attempts, reason } as const;
    await deliveries(delivery, failed, requestTo(tenant, delivery, `failed ${attempts}`));
    throw new NotTaken(reason);
  };
}

/** Why there is nothing to send, or what is sent. */
async function messageFor(
  { webhookHistory, alertHistory, secrets, isInPlan }: Ports,
  tenant: TenantId,
  { webhook, alert }: Exclude<Delivery, { status: 'missing' }>,
): Promise<
  | { readonly reason: string }
  | { readonly url: string; readonly secret: string; readonly message: WebhookMessage }
> {
  const { state } = await webhookHistory.newest(tenant, webhook);
  if (state.status !== 'listening') return { reason: 'removed' };
  if (!(await isInPlan(tenant))) return { reason: 'not-in-plan' };
  const secret = await secrets.open(tenant, state);
  const event = await alertHistory.event(tenant, alert, 0);
  if (secret === undefined || event === undefined) return { reason: 'erased' };
  const { id, recordedAt } = event.header;
  const body = { type: wordOf[event.type], timestamp: recordedAt, data: { tenant, ...event.data } };
  return { url: state.url, secret, message: { id, body: JSON.stringify(body) } };
}

const wordOf = {
  BudgetThresholdReached: 'budget.threshold_reached',
  BudgetBreachProjected: 'budget.breach_projected',
} satisfies Record<AlertEvent['type'], string>;

function requestTo(tenant: TenantId, delivery: DeliveryId, what: string): CommandRequest {
  const commandId = derivedUuid('delivery', delivery, what) as CommandId;
  return {
    tenant,
    principal: { tenant, member: SYSTEM, roles: [], groups: [] },
    commandId,
    commandHash: new TextEncoder().encode(delivery),
    correlationId: delivery,
  };
}
