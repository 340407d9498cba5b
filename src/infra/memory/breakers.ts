import type { BreakerChanged, Breakers, ModelAt } from '#commands/generation/breaker-port.ts';
import type { Clock } from '#commands/ports.ts';
import {
  type Breaker,
  acquired,
  breakerSettings,
  closedBreaker,
  recorded,
  waitAt,
} from '#domain/breaker/breaker.ts';

/** Breakers of this one process. As many as there are models, which operators publish. */
export function memoryBreakers({
  clock,
  changed = () => undefined,
  settings = breakerSettings,
}: {
  readonly clock: Pick<Clock, 'now'>;
  readonly changed?: BreakerChanged;
  readonly settings?: typeof breakerSettings;
}): Breakers {
  const breakers = new Map<string, Breaker>();
  const now = () => clock.now().getTime();
  const of = ({ provider, model }: ModelAt) =>
    breakers.get(`${provider}/${model}`) ?? closedBreaker;
  const keep = (at: ModelAt, breaker: Breaker) => {
    const before = of(at);
    breakers.set(`${at.provider}/${at.model}`, breaker);
    if (before.status !== breaker.status) changed(at, breaker.status);
  };
  return {
    standing: async (at) => ({ status: of(at).status, waitMs: waitAt(of(at), now()) }),
    acquire: async (at) => {
      const { breaker, permit } = acquired(of(at), now(), settings);
      keep(at, breaker);
      return permit;
    },
    record: async (at, permit, health) => {
      const breaker = recorded(of(at), permit, health, now(), settings);
      keep(at, breaker);
      return breaker.status;
    },
  };
}
