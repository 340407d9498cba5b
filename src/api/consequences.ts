import { alerting } from './alerting.ts';
import { reacting } from './reacting.ts';

type Ports = Omit<Parameters<typeof alerting>[0] & Parameters<typeof reacting>[0], 'others'> & {
  readonly generation: {
    readonly reactions: Parameters<typeof reacting>[0]['others'];
    readonly limitsOf: Parameters<typeof alerting>[0]['limitsOf'];
  };
};

/** What follows from events, and is done by whoever has the role `worker`. */
export function consequences(ports: Omit<Ports, 'limitsOf'>) {
  const { generation } = ports;
  const alerts = alerting({ ...ports, limitsOf: generation.limitsOf });
  const reactions = reacting({ ...ports, others: [...generation.reactions, ...alerts.reactions] });
  return {
    dataRoutes: alerts.dataRoutes,
    start: reactions.start,
    stop: reactions.stop,
  };
}
