import type { CommandRequest, Handle } from '#commands/handle.ts';
import type { Clock } from '#commands/ports.ts';
import type { Reaction } from '#commands/reaction.ts';
import type { Alert, RaiseAlert } from '#domain/alert/decide.ts';
import { alertIdOf } from '#domain/alert/ids.ts';
import type { BudgetName, Scope } from '#domain/budget/limits.ts';
import type { RecordedEvent } from '#domain/event.ts';
import type { TenantId } from '#domain/ids.ts';

/** A forecast goes by weeks: it says the same after the next generation as after this one. */
const LOOK_EVERY_MS = 600_000;

type Outlook = {
  readonly budget: BudgetName;
  readonly window: string;
  readonly limit: number | null;
  readonly settled: number;
  readonly p50: number;
  readonly p90: number;
};

/** Raises an alert where a window will likely end above its limit, before it does. */
export function projectBudgetBreaches(ports: {
  readonly alerts: Handle<Alert, RaiseAlert>;
  /** All that a generation is counted in, from the event of its reservation. */
  readonly scopesIn: (reserved: RecordedEvent) => Promise<readonly Scope[]>;
  readonly outlooks: (tenant: TenantId, scope: Scope) => Promise<readonly Outlook[]>;
  readonly clock: Pick<Clock, 'now'>;
}): Reaction {
  /** In the order in which they were looked at. */
  const looked = new Map<string, number>();

  const isTime = (name: string): boolean => {
    const now = ports.clock.now().getTime();
    for (const [name, at] of looked) {
      if (at > now - LOOK_EVERY_MS) break;
      looked.delete(name);
    }
    return !looked.has(name);
  };

  const look = async (tenant: TenantId, scope: Scope, request: CommandRequest): Promise<void> => {
    for (const one of await ports.outlooks(tenant, scope)) {
      const { budget: limit, window, limit: allowed, settled: used, p50, p90 } = one;
      // What is used up already was told as that.
      if (allowed === null || used >= allowed || p50 <= allowed) continue;
      const data = { scope, limit, window, allowed, used, p50, p90 };
      const alert = { type: 'BudgetBreachProjected', data } as const;
      await ports.alerts(alertIdOf(alert), { type: 'RaiseAlert', alert }, request);
    }
  };

  return {
    name: 'project-budget-breaches',
    // Which names what it is counted in, and is looked at with all that is under way.
    reactsTo: ['BudgetReserved'],
    react: async (event, request) => {
      const { tenant } = event.header;
      for (const scope of await ports.scopesIn(event)) {
        const name = `${tenant} ${scope}`;
        if (!isTime(name)) continue;
        await look(tenant, scope, request);
        // Not before: a look that failed is repeated with the event.
        looked.set(name, ports.clock.now().getTime());
      }
    },
  };
}
