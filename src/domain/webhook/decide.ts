import type { Aggregate } from '#domain/aggregate.ts';
import type { DecisionContext } from '#domain/decider.ts';
import { Rejected } from '#domain/rejected.ts';
import { assertMay } from '#domain/rights.ts';
import { type WebhookEvent, webhookEvents } from './events.ts';

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
  /** Of the tenant's plan, and of its address: checked by the caller. */
  readonly isInPlan: boolean;
  readonly isAllowed: boolean;
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
      const { url, sealedWith, sealed, isInPlan, isAllowed } = command;
      if (!isInPlan) throw new Rejected('webhook/not-in-plan');
      if (!isAllowed) throw new Rejected('webhook/address-not-allowed');
      if (state.status !== 'missing') return [];
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
