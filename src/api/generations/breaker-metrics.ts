import { Counter, type Registry } from 'prom-client';
import type { BreakerChanged } from '#commands/generation/breaker-port.ts';

/** Counts each change once, in the process whose call made it. Models are the operator's, and few. */
export function breakerChanges(registry: Registry): BreakerChanged {
  const changes = new Counter({
    name: 'palimpsest_breaker_changes_total',
    help: 'Times that the breaker of a model changed, by what it became.',
    labelNames: ['provider', 'model', 'to'],
    registers: [registry],
  });
  // Whoever asks may know more of the model, such as its price, which is no label.
  return ({ provider, model }, to) => changes.inc({ provider, model, to });
}
