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
      /** That the log knows of: those of a process that died meanwhile are not among them. */
      readonly attempts: number;
    };

export type DeliveryCommand =
  | { readonly type: 'Deliver'; readonly webhook: WebhookId; readonly alert: AlertId }
  | { readonly type: 'FailAttempt'; readonly attempts: number; readonly reason: string }
  /** Without a `reason` it was taken. */
  | { readonly type: 'EndDelivery'; readonly attempts: number; readonly reason?: string };

function decide(command: DeliveryCommand, state: Delivery): DeliveryEvent[] {
  switch (command.type) {
    case 'Deliver': {
      const { webhook, alert } = command;
      return state.status === 'missing' ? [{ type: 'DeliveryDue', data: { webhook, alert } }] : [];
    }
    case 'FailAttempt': {
      const { attempts, reason } = command;
      if (state.status !== 'due' || attempts <= state.attempts) return [];
      return [{ type: 'DeliveryAttemptFailed', data: { attempts, reason } }];
    }
    case 'EndDelivery': {
      const { attempts, reason } = command;
      if (state.status !== 'due') return [];
      if (reason === undefined) return [{ type: 'DeliveryMade', data: { attempts } }];
      return [{ type: 'DeliveryGivenUp', data: { attempts, reason } }];
    }
  }
}

function evolve(state: Delivery, event: DeliveryEvent): Delivery {
  if (event.type === 'DeliveryDue') return { status: 'due', ...event.data, attempts: 0 };
  if (state.status === 'missing') return state;
  return { ...state, status: statusAfter[event.type], attempts: event.data.attempts };
}

const statusAfter = {
  DeliveryAttemptFailed: 'due',
  DeliveryMade: 'made',
  DeliveryGivenUp: 'given-up',
} as const;

export const deliveryAggregate: Aggregate<Delivery, DeliveryCommand, DeliveryEvent> = {
  kind: 'delivery',
  decider: { initialState: { status: 'missing' }, decide, evolve },
  events: deliveryEvents,
};
