import type { Aggregate } from '#domain/aggregate.ts';
import type { AlertId } from '#domain/alert/ids.ts';
import type { WebhookId } from '#domain/webhook/ids.ts';
import { type DeliveryEvent, deliveryEvents } from './events.ts';

export type Delivery =
  | { readonly status: 'missing' }
  | {
      readonly status: 'due' | 'made' | 'given-up';
      readonly webhook: WebhookId;
      readonly alert: AlertId;
    };

export type DeliveryCommand =
  | { readonly type: 'Deliver'; readonly webhook: WebhookId; readonly alert: AlertId }
  | { readonly type: 'EndDelivery'; readonly attempts: number; readonly reason?: string };

function decide(command: DeliveryCommand, state: Delivery): DeliveryEvent[] {
  if (command.type === 'Deliver') {
    const { webhook, alert } = command;
    return state.status === 'missing' ? [{ type: 'DeliveryDue', data: { webhook, alert } }] : [];
  }
  if (state.status !== 'due') return [];
  const { attempts, reason } = command;
  return reason === undefined
    ? [{ type: 'DeliveryMade', data: { attempts } }]
    : [{ type: 'DeliveryGivenUp', data: { attempts, reason } }];
}

function evolve(state: Delivery, event: DeliveryEvent): Delivery {
  if (event.type === 'DeliveryDue') return { status: 'due', ...event.data };
  if (state.status === 'missing') return state;
  return { ...state, status: event.type === 'DeliveryMade' ? 'made' : 'given-up' };
}

export const deliveryAggregate: Aggregate<Delivery, DeliveryCommand, DeliveryEvent> = {
  kind: 'delivery',
  decider: { initialState: { status: 'missing' }, decide, evolve },
  events: deliveryEvents,
};
