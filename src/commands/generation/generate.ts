import type { CommandRequest } from '#commands/handle.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import { derivedUuid } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { assertMay } from '#domain/rights.ts';
import { type Admitted, admit } from './admit.ts';
import { runHeld } from './run-held.ts';
import { RESUME_MS, type UnderWay, underWay } from './under-way.ts';
import { unheardHolds } from './unheard-holds.ts';
import type { Begun, GeneratePorts, Wanted } from './wanted.ts';
import { blockedAt } from './without-model.ts';

/** Whoever comes back or asks again after the end still finds what came. */
const KEPT_MS = RESUME_MS;

type Working = {
  readonly running: UnderWay;
  readonly done: Promise<unknown>;
  /** Ends its keeping: one signal for all would have a listener for each of 15 seconds. */
  readonly leaving: AbortController;
};
type Asked = { readonly hash: Uint8Array; readonly begun: Promise<Begun> };

/** The one path of every generation: nothing calls a model but what it has admitted and logged. */
export function generating(ports: GeneratePorts) {
  const { generationHistory, clock } = ports;
  /** A repeat that comes meanwhile meets the first one here: the stream may hold nothing yet. */
  const here = new Map<GenerationId, Asked>();
  const working = new Map<GenerationId, Working>();
  const closing = new AbortController();
  const unheard = unheardHolds(clock);

  async function start(id: GenerationId, wanted: Wanted, request: CommandRequest): Promise<Begun> {
    const { tenant, isOnlyOnce } = request;
    if (isOnlyOnce === true) generationHistory.expectNew(tenant, id);
    else {
      const before = await generationHistory.newest(tenant, id);
      if (before.state.status !== 'missing') return await repeat(id, wanted, request);
    }
    const admitted = await admit({ ...ports, unheard }, id, wanted, request);
    if ('ended' in admitted) return { id, ended: admitted.ended };
    return { id, running: run(admitted) };
  }

  /** Goes on by itself from here: whoever asked may leave. */
  function run(admitted: Admitted): UnderWay {
    const { id, request } = admitted;
    const { resumable } = admitted.wanted;
    const { tenant, principal } = request;
    const kept = resumable ? ports.keptParts?.(tenant, principal.member, id) : undefined;
    const awaitedElsewhereForMs = kept?.awaitedForMs;
    const running = underWay(clock, { resumable, awaitedElsewhereForMs });
    const leaving = new AbortController();
    // Whoever stops has called off what was under way, and this was not yet.
    if (closing.signal.aborted) running.callOff('shutdown');
    const worked = work(admitted, running, leaving.signal);
    const keeping = kept?.keep(running, closing.signal);
    working.set(id, { running, done: Promise.all([worked, keeping]), leaving });
    return running;
  }

  async function work(admitted: Admitted, running: UnderWay, leaving: AbortSignal): Promise<void> {
    const { id, wanted, request } = admitted;
    try {
      running.end(await runHeld(ports, admitted, running));
    } catch (error) {
      ports.warn('a generation was not recorded to its end', error);
      running.fail(error);
    }
    // Kept for nobody, a second's answers would be a second's garbage of an old generation.
    const mayBeMissed = wanted.resumable || request.isOnlyOnce !== true;
    if (mayBeMissed && !closing.signal.aborted) await clock.sleep(KEPT_MS, leaving);
    working.delete(id);
    here.delete(id);
  }

  /** The same key and body: what came of it before. On a stream that is there, nothing is written. */
  async function repeat(id: GenerationId, wanted: Wanted, request: CommandRequest): Promise<Begun> {
    const { prompt } = wanted;
    const ended = await blockedAt(ports, id, { wanted, prompt, flags: [] }, request);
    if (ended.state.status === 'open') throw new Rejected('generation/not-here');
    return { id, ended };
  }

  return {
    /** Throws `Rejected` where it is refused; a repeat meets the first one. */
    begin: async (wanted: Wanted, request: CommandRequest): Promise<Begun> => {
      assertMay(request.principal, 'generation.request');
      const id = derivedUuid('generation', request.commandId) as GenerationId;
      const known = here.get(id);
      if (known !== undefined) {
        if (Buffer.compare(known.hash, request.commandHash) !== 0) {
          throw new Rejected('command/reused');
        }
        return await known.begun;
      }
      const begun = start(id, wanted, request);
      here.set(id, { hash: request.commandHash, begun });
      begun.then(
        (one) => 'ended' in one && here.delete(id),
        () => here.delete(id),
      );
      return await begun;
    },
    /** The generation, if this process is at work on it or was a moment ago. */
    running: (id: GenerationId): UnderWay | undefined => working.get(id)?.running,
    stop: async (): Promise<void> => {
      closing.abort();
      for (const { running, leaving } of working.values()) {
        running.callOff('shutdown');
        leaving.abort(null);
      }
      // What is admitted meanwhile would be at work on a log that is closed.
      await Promise.allSettled([...here.values()].map(({ begun }) => begun));
      await Promise.all([...working.values()].map(({ done }) => done));
    },
  };
}
