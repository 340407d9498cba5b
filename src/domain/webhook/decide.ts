import type { Aggregate } from '#domain/aggregate.ts';
import type { DecisionContext } from '#domain/decider.ts';
import { Rejected } from '#domain/rejected.ts';
import { assertMay } from '#domain/rights.ts';
import { type WebhookEvent, webhookEvents } from './events.ts';

/**
 * Each is sent every alert, and a receiver that stalls takes ten seconds of the time that is for
 * the deliveries of all tenants.
 */
export const MOST_WEBHOOKS = 20;

export type ListeningWebhook = {
  readonly status: 'listening';
  readonly url: string;
  readonly sealedWith: string;
  readonly sealed: Uint8Array;
};
export type Webhook =
  | { readonly status: 'missing' }
  | { readonly status: 'removed' }
  | ListeningWebhook;

type CreateWebhook = {
  readonly type: 'CreateWebhook';
  readonly url: string;
  readonly sealedWith: string;
  readonly sealed: Uint8Array;
  /** Of the tenant's plan, of its address and of its other webhooks: checked by the caller. */
  readonly isInPlan: boolean;
  readonly isAllowed: boolean;
  readonly hasRoom: boolean;
};
type RemoveWebhook = { readonly type: 'RemoveWebhook' };
export type WebhookCommand = CreateWebhook | RemoveWebhook;

function decide(
  command: WebhookCommand,
  state: Webhook,
  { principal }: DecisionContext,
): WebhookEvent[] {
  assertMay(principal, 'webhook.manage');
  switch (command.type) {
    case 'CreateWebhook': {
      const { url, sealedWith, sealed, isInPlan, isAllowed, hasRoom } = command;
      if (!isInPlan) throw new Rejected('webhook/not-in-plan');
      if (!isAllowed) throw new Rejected('webhook/address-not-allowed');
      if (state.status !== 'missing') return [];
      if (!hasRoom) throw new Rejected('webhook/too-many', { most: MOST_WEBHOOKS });
      return [{ type: 'WebhookCreated', data: { url, sealedWith, sealed } }];
    }
    case 'RemoveWebhook':
      if (state.status === 'missing') throw new Rejected('webhook/not-found');
      return state.status === 'removed' ? [] : [{ type: 'WebhookRemoved', data: {} }];
  }
}

const evolve = (_: Webhook, event: WebhookEvent): Webhook =>
  event.type === 'WebhookCreated' ? { status: 'listening', ...event.data } : { status: 'removed' };

export const webhookAggregate: Aggregate<Webhook, WebhookCommand, WebhookEvent> = {
  kind: 'webhook',
  decider: { initialState: { status: 'missing' }, decide, evolve },
  events: webhookEvents,
};
