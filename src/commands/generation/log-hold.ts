import type { Admission } from '#commands/admission.ts';
import type { CommandRequest, Outcome } from '#commands/handle.ts';
import type { BreakerPermit } from '#domain/breaker/breaker.ts';
import type { RequestGeneration } from '#domain/generation/decide.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import type { Generation } from '#domain/generation/state.ts';
import { Rejected } from '#domain/rejected.ts';
import { confirmed } from './confirm-hold.ts';
import { attemptAt } from './debit.ts';
import { stepOf, tellCounters } from './records.ts';
import { type Hold, named, reservedBy } from './reserve.ts';
import type { Ended } from './under-way.ts';
import type { UnheardHolds } from './unheard-holds.ts';
import type { GeneratePorts, Wanted } from './wanted.ts';

type Ports = Pick<GeneratePorts, 'generations' | 'admission' | 'breakers' | 'clock'> & {
  readonly unheard: Pick<UnheardHolds, 'keep'>;
};

/**
 * The reservation is durable, and the counters know it, before anything is called. The breaker of
 * the first model is asked meanwhile: another process may have taken the probe since the plan.
 * Answers that breaker's permit, or how it ended where another process was first.
 */
export async function logHold(
  ports: Ports,
  id: GenerationId,
  hold: Hold,
  {
    asked,
    flags,
    timeoutMs,
  }: Pick<RequestGeneration, 'asked' | 'flags'> & Pick<Wanted, 'timeoutMs'>,
  request: CommandRequest,
): Promise<{ readonly permit: BreakerPermit | undefined } | { readonly ended: Ended }> {
  const { generations, admission, breakers } = ports;
  const { tenant } = request;
  const at = attemptAt(hold.candidates[0]!);
  const reservation = named(hold.request);
  const decided = { reserved: reservedBy(hold, at) };
  const command = { type: 'RequestGeneration', asked, flags, decided } as const;
  let logged: Outcome<Generation>;
  try {
    logged = await generations(id, command, request);
  } catch (error) {
    // Any other failure may hide a success, which the log then tells to whoever asks again; else
    // they go on with this hold. What nobody asks for again ends with its lease.
    if (error instanceof Rejected) await letGo(admission, hold).catch(() => undefined);
    else ports.unheard.keep({ ...hold.request, id, askedAt: hold.askedAt });
    throw error;
  }
  if (logged.repeated) return { ended: await endedElsewhere(ports, hold, logged) };
  const acquired = breakers.acquire(at);
  // It may fail before anybody waits for it, which must not end the process.
  acquired.catch(() => undefined);
  try {
    await confirmed(ports, hold, timeoutMs, async (again) => {
      const step = stepOf(tenant, id, `reserved in ${again.held.epoch}`, request);
      const reserved = reservedBy(again, at);
      await generations(id, { type: 'ReserveAgain', reserved }, step);
    });
    return { permit: await acquired };
  } catch (error) {
    const permit = await acquired.catch(() => undefined);
    if (permit !== undefined) await breakers.record(at, permit, 'unknown');
    const ending = { type: 'GenerationFailed', data: { reason: 'budget' } } as const;
    const step = stepOf(tenant, id, 'ended', request);
    const unspent = { type: 'EndGeneration', ending } as const;
    const { state } = await generations(id, unspent, step);
    await tellCounters(admission, reservation, state);
    throw error;
  }
}

/**
 * The counters were lost before the log knew of this hold, and another process held and logged the
 * same request: whatever stands in the counters now is its own, and it may have called a model.
 */
async function endedElsewhere(
  { admission }: Pick<Ports, 'admission'>,
  hold: Hold,
  logged: Outcome<Generation>,
): Promise<Ended> {
  if (logged.state.status === 'open') throw new Rejected('generation/not-here');
  await tellCounters(admission, named(hold.request), logged.state);
  return logged;
}

/** Unless the counters were lost meanwhile and somebody else's hold stands there. */
async function letGo(
  admission: Pick<Admission, 'confirm' | 'release'>,
  { request }: Hold,
): Promise<void> {
  const { holder, amount } = request;
  const reservation = named(request);
  const { status } = await admission.confirm({ reservation, holder, amount });
  if (status === 'held') await admission.release(reservation);
}
