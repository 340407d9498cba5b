import type { ModelAt } from '#commands/generation/breaker-port.ts';
import type { ModelCalls } from '#commands/generation/model-calls.ts';
import type { Clock } from '#commands/ports.ts';
import { callSlicesAt, countersOf, figuresOf } from '#domain/breaker/call-figures.ts';

type Counters = Map<string, number>;

/** Calls of this one process. */
export function memoryModelCalls({ clock }: { readonly clock: Pick<Clock, 'now'> }): ModelCalls {
  const models = new Map<string, Map<number, Counters>>();
  const nameOf = ({ provider, model }: ModelAt) => `${provider}/${model}`;
  const slicesNow = () => callSlicesAt(clock.now().getTime());
  return {
    record: (at, call) => {
      const kept = slicesNow();
      const known = models.get(nameOf(at)) ?? new Map<number, Counters>();
      const recent = new Map([...known].filter(([slice]) => kept.includes(slice)));
      const counters = recent.get(kept[0]!) ?? new Map<string, number>();
      for (const name of countersOf(call)) counters.set(name, (counters.get(name) ?? 0) + 1);
      models.set(nameOf(at), recent.set(kept[0]!, counters));
    },
    of: async (at) => {
      const slices = slicesNow().map((slice) => models.get(nameOf(at))?.get(slice));
      return figuresOf((name) =>
        slices.reduce((sum, counters) => sum + (counters?.get(name) ?? 0), 0),
      );
    },
  };
}
