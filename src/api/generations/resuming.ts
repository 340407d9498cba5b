import type { Kept, KeptPartsOf, Numbered } from '#commands/generation/kept-parts.ts';
import { type Ended, type Watched, shownAnew } from '#commands/generation/under-way.ts';
import type { Clock } from '#commands/ports.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { Principal } from '#domain/rights.ts';
import type { GenerationDeps, SeenGeneration } from './generation-deps.ts';

const LOOK_EVERY_MS = 100;
/** As long as it takes until the generation of a process that died is settled. */
const PATIENCE_MS = 30_000;

type Ports = Pick<GenerationDeps, 'see'> & {
  readonly keptParts: KeptPartsOf | undefined;
  readonly clock: Clock;
};

/** Goes on with generations that other processes are at work on, or were a moment ago. */
export function resuming({ keptParts, see, clock }: Ports) {
  function watched(principal: Principal, id: GenerationId, kept: Kept): Watched {
    const ended = Promise.withResolvers<Ended>();
    // Where the client is gone nobody asks how it ended.
    ended.promise.catch(() => undefined);

    /** The log has it when it is over, and in between nothing may be there for a moment. */
    async function* read(from: number, signal: AbortSignal): AsyncGenerator<Numbered> {
      const now = () => clock.now().getTime();
      let [next, foundAt] = [from, now()];
      while (!signal.aborted) {
        const found = await kept.find(next);
        if (found === undefined || found.isOver) {
          const { state, revision } = await see(principal, id, 'generation.read');
          if (state.status !== 'open') {
            if (found === undefined) yield* numberedFrom(next, shownAnew(state.answer));
            return ended.resolve({ state, revision, position: undefined });
          }
          if (found || now() > foundAt + PATIENCE_MS) throw new Rejected('generation/not-here');
        } else {
          foundAt = now();
          yield* found.parts;
          next += found.parts.length;
        }
        if (!found?.parts.length) await clock.sleep(LOOK_EVERY_MS, signal);
      }
    }

    // Whoever reads is awaited for as long as whoever left.
    return { read, ended: ended.promise, attach: () => () => undefined };
  }

  /** `undefined` where nothing is kept of it. Ask `see` first. */
  return async (
    principal: Principal,
    id: GenerationId,
    { state }: SeenGeneration,
    from: number,
  ): Promise<Watched | undefined> => {
    if (state.requestedBy === undefined) return undefined;
    const kept = keptParts?.(principal.tenant, state.requestedBy, id);
    const found = await kept?.find(from);
    return kept && found && watched(principal, id, kept);
  };
}

const numberedFrom = (first: number, parts: ReturnType<typeof shownAnew>): readonly Numbered[] =>
  parts.map((part, index) => ({ number: first + index, part }));
