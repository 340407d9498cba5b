import type { Aggregate } from '#domain/aggregate.ts';
import { type AlertEvent, alertEvents } from './events.ts';

export type Alert = { readonly status: 'missing' } | { readonly status: 'raised' };

/** Comes from what the log says, and from nobody's request. */
export type RaiseAlert = { readonly type: 'RaiseAlert'; readonly alert: AlertEvent };

/** An alert's stream is named after all that there is one alert for: whoever comes second adds nothing. */
export const alertAggregate: Aggregate<Alert, RaiseAlert, AlertEvent> = {
  kind: 'alert',
  decider: {
    initialState: { status: 'missing' },
    decide: ({ alert }, { status }) => (status === 'missing' ? [alert] : []),
    evolve: () => ({ status: 'raised' }),
  },
  events: alertEvents,
};
