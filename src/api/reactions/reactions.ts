import { alerting } from './alerting.ts';
import { reacting } from './reacting.ts';
import { webhooks } from './webhooks.ts';

type Ports = Parameters<typeof alerting>[0] &
  Parameters<typeof webhooks>[0] &
  Parameters<typeof reacting>[0] & {
    readonly generation: {
      readonly reactions: Parameters<typeof reacting>[0]['others'];
      readonly limits: Parameters<typeof alerting>[0]['limits'];
      readonly forecast: Parameters<typeof alerting>[0]['forecast'];
      readonly featuresOf: Parameters<typeof webhooks>[0]['featuresOf'];
    };
  };

/** What follows from events, and is done by whoever has the role `worker`. */
export function reactions(ports: Omit<Ports, 'limits' | 'forecast' | 'featuresOf' | 'others'>) {
  const { generation } = ports;
  const { limits, forecast } = generation;
  const hooks = webhooks({ ...ports, featuresOf: generation.featuresOf });
  const alerts = alerting({ ...ports, limits, forecast });
  const running = reacting({
    ...ports,
    others: [...generation.reactions, ...alerts.reactions, ...hooks.reactions],
  });
  return {
    dataRoutes: [...alerts.dataRoutes, ...hooks.dataRoutes],
    start: async () => {
      hooks.start();
      await running.start();
    },
    stop: async () => {
      await running.stop();
      await hooks.stop();
    },
  };
}
