import type { Ended, UnderWay } from '#commands/generation/under-way.ts';
import type { Clock } from '#commands/ports.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { Principal } from '#domain/rights.ts';
import type { GenerationDeps } from './generation-deps.ts';
import type { openSharedState } from './shared-state.ts';

const LOOK_EVERY_MS = 100;
const PATIENCE_MS = 5_000;

type Ports = Pick<GenerationDeps, 'see'> & {
  readonly callOffs: ReturnType<typeof openSharedState>['callOffs'];
  readonly running: (id: GenerationId) => Pick<UnderWay, 'callOff' | 'ended'> | undefined;
  readonly clock: Clock;
};

/** Calls generations off, whichever process is at work on them, where there is a Redis. */
export function callingOff({ callOffs, running, see, clock }: Ports) {
  const others = callOffs?.((id) => running(id)?.callOff('caller'));

  /** The log says when it is over; who could not hear it the first time is told again. */
  async function elsewhere(principal: Principal, id: GenerationId): Promise<Ended> {
    if (others === undefined) throw new Rejected('generation/not-here');
    const until = clock.now().getTime() + PATIENCE_MS;
    while (clock.now().getTime() < until) {
      await others.tell(id);
      await clock.sleep(LOOK_EVERY_MS);
      const { state, revision } = await see(principal, id, 'generation.cancel');
      if (state.status !== 'open') return { state, revision, position: undefined };
    }
    throw new Rejected('generation/not-here');
  }

  return {
    cancel: async (principal: Principal, id: GenerationId): Promise<Ended> => {
      const { state, revision } = await see(principal, id, 'generation.cancel');
      if (state.status !== 'open') return { state, revision, position: undefined };
      const found = running(id);
      if (found === undefined) return await elsewhere(principal, id);
      found.callOff('caller');
      return await found.ended;
    },
    close: (): void => others?.close(),
  };
}
