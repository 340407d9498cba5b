import { filterPrompt } from '#commands/filter/filter-prompt.ts';
import type { CommandRequest } from '#commands/handle.ts';
import type { BreakerPermit } from '#domain/breaker/breaker.ts';
import { windowsAt } from '#domain/budget/windows.ts';
import type { RequestGeneration } from '#domain/generation/decide.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import { derivedUuid } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { assertMay } from '#domain/rights.ts';
import { attemptAt } from './debit.ts';
import { cachedAnswer } from './cached-answer.ts';
import { plannedIn, planAttempts, shortestOf } from './plan-attempts.ts';
import { type Hold, confirmed, named, reservedBy } from './reserve.ts';
import { stepOf, tellCounters } from './records.ts';
import { runHeld } from './run-held.ts';
import { RESUME_MS, type UnderWay, underWay } from './under-way.ts';
import type { Begun, GeneratePorts, Wanted } from './wanted.ts';
import { blockedAt, requestWith, servedFrom, servedInstead } from './without-model.ts';

/** Whoever comes back after the end still finds what came. */
const KEPT_MS = RESUME_MS;

type Running = { readonly hash: Uint8Array; readonly begun: Promise<Begun> };

/** The one path of every generation: nothing calls a model but what it has admitted and logged. */
export function generating(ports: GeneratePorts) {
  const { generations, generationHistory, admission, breakers, catalogue, filterFor, clock, ids } =
    ports;
  const here = new Map<GenerationId, Running>();
  const working = new Map<GenerationId, { running: UnderWay; done: Promise<unknown> }>();
  const closing = new AbortController();

  async function start(id: GenerationId, wanted: Wanted, request: CommandRequest): Promise<Begun> {
    const { tenant, principal } = request;
    const before = await generationHistory.newest(tenant, id);
    if (before.state.status !== 'missing') return await repeat(id, wanted, request);
    const { limits, features, models: allowed, zones, region } = await ports.entitlement(tenant);
    if (!features.includes('generation')) throw new Rejected('generation/not-in-plan');
    const filter = await filterFor(tenant);
    const { prompt, flags, isBlocked } = await filterPrompt(filter, wanted.prompt);
    if (isBlocked)
      return { id, ended: await blockedAt(ports, id, { wanted, prompt, flags }, request) };
    const place = wanted.cache && (await ports.answers.placeOf(tenant, wanted.by, prompt));
    const fresh = await cachedAnswer(ports, filter, place, wanted, 'fresh');
    if (fresh !== undefined) {
      return { id, ended: await servedFrom(ports, id, { wanted, prompt, flags }, request, fresh) };
    }
    const wished =
      'task' in wanted.by ? await catalogue.cascade(wanted.by.task) : [wanted.by.model];
    const asked = { tenant, region, models: wished, allowed, prompt };
    const holding = {
      tenant,
      id,
      holder: ids.uuid(),
      windows: windowsAt(clock.now(), zones),
      claims: await ports.claimsOf(principal, limits),
    };
    const given = { wanted, prompt, flags, filter, place };
    const planned = await planAttempts(ports, asked, holding, shortestOf(wanted)).catch(
      async (error: unknown) => await servedInstead(ports, id, given, request, error),
    );
    if ('ended' in planned) return planned;
    const { hold } = planned;
    const command = requestWith(wanted, prompt, plannedIn(planned, prompt.maxTokens));
    const permit = await log(id, hold, { asked: command, flags }, request);
    const kept = wanted.resumable ? ports.keptParts?.(tenant, principal.member, id) : undefined;
    const awaitedElsewhereForMs = kept?.awaitedForMs;
    const running = underWay(clock, { resumable: wanted.resumable, awaitedElsewhereForMs });
    const worked = work({ id, hold, permit, filter, wanted, place, request, running });
    const keeping = kept?.keep(running, closing.signal);
    working.set(id, { running, done: Promise.all([worked, keeping]) });
    return { id, running };
  }

  /**
   * The reservation is durable, and the counters know it, before anything is called. The breaker of
   * the first model is asked meanwhile: another process may have taken the probe since the plan.
   */
  async function log(
    id: GenerationId,
    hold: Hold,
    { asked, flags }: Pick<RequestGeneration, 'asked' | 'flags'>,
    request: CommandRequest,
  ): Promise<BreakerPermit | undefined> {
    const { tenant } = request;
    const at = attemptAt(hold.candidates[0]!);
    const reservation = named(hold.request);
    const decided = { reserved: reservedBy(hold, at) };
    const command = { type: 'RequestGeneration', asked, flags, decided } as const;
    try {
      await generations(id, command, request);
    } catch (error) {
      // Any other failure may hide a success: then the log decides when the lease is over.
      if (error instanceof Rejected) await admission.release(reservation);
      throw error;
    }
    const acquired = breakers.acquire(at);
    try {
      await confirmed(admission, hold, async (again) => {
        const step = stepOf(tenant, id, `reserved in ${again.held.epoch}`, request);
        const reserved = reservedBy(again, at);
        await generations(id, { type: 'ReserveAgain', reserved }, step);
      });
      return await acquired;
    } catch (error) {
      const permit = await acquired;
      if (permit !== undefined) await breakers.record(at, permit, 'unknown');
      const ending = { type: 'GenerationFailed', data: { reason: 'budget' } } as const;
      const step = stepOf(tenant, id, 'ended', request);
      const unspent = { type: 'EndGeneration', ending } as const;
      const { state } = await generations(id, unspent, step);
      await tellCounters(admission, reservation, state);
      throw error;
    }
  }

  async function work(run: Parameters<typeof runHeld>[1]): Promise<void> {
    const { id, running } = run;
    try {
      running.end(await runHeld(ports, run));
    } catch (error) {
      ports.warn('a generation was not recorded to its end', error);
      running.fail(error);
    }
    await clock.sleep(KEPT_MS, closing.signal);
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
      for (const { running } of working.values()) running.callOff('shutdown');
      await Promise.all([...working.values()].map(({ done }) => done));
    },
  };
}
