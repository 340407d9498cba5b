import { AdmissionUnavailable } from '#commands/admission.ts';
import type { Outcome } from '#commands/handle.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import type { GenerationCommand } from '#domain/generation/decide.ts';
import type { Generation } from '#domain/generation/state.ts';
import type { Admitted } from './admit.ts';
import type { AnswerPlace } from './answer-cache.ts';
import { isShown, tryModels } from './cascade.ts';
import { type Hold, LEASE_MS, named } from './reserve.ts';
import { recorded, stepOf, tellCounters } from './records.ts';
import { type Ended, type UnderWay, shownAnew } from './under-way.ts';
import type { GeneratePorts } from './wanted.ts';
import { servedAfter } from './without-model.ts';

/** From a confirmed hold to the end that the log has. What cannot be logged is left to whoever finds the hold. */
export async function runHeld(
  ports: Pick<
    GeneratePorts,
    'generations' | 'admission' | 'answers' | 'breakers' | 'calls' | 'clock' | 'ids' | 'warn'
  >,
  { id, hold, permit, filter, wanted, place, request }: Admitted,
  running: UnderWay,
): Promise<Ended> {
  const given = { filter, place, wanted };
  const { admission, clock } = ports;
  const { tenant } = request;
  const over = new AbortController();
  let last: Outcome<Generation> | undefined;
  const write = async (command: GenerationCommand, step: string) => {
    last = await recorded(ports, id, command, stepOf(tenant, id, step, request));
  };
  const deadline = clock.now().getTime() + wanted.timeoutMs;
  void atDeadline(ports, wanted.timeoutMs, running, over.signal);
  void keepLease(ports, hold, running, over.signal);
  try {
    const ending = await tryModels(ports, {
      hold,
      permit,
      filter,
      running,
      canTakeBack: wanted.canTakeBack,
      deadline,
      record: async (attempted, ending) => {
        const { made, debited, flags } = attempted;
        const isRead = isShown(attempted) && !wanted.canTakeBack;
        const instead = isRead ? undefined : await servedAfter(ports, given, ending);
        const command = { type: 'RecordAttempt', made, debited, flags, ending, instead } as const;
        await write(command, `attempt ${made.attempt}`);
      },
      logTopUp: (toppedUp) =>
        write({ type: 'TopUpBudget', toppedUp }, `top-up ${toppedUp.attempt} ${toppedUp.epoch}`),
    });
    if (ending !== undefined) {
      const instead = await servedAfter(ports, given, ending);
      await write({ type: 'EndGeneration', ending, instead }, 'ended');
    }
  } catch (error) {
    ports.warn('a generation failed by a mistake of ours', error);
    // It must not leave the hold open; what may have begun is assumed.
    await write({ type: 'SettleLost' }, 'lost');
  } finally {
    over.abort(null);
  }
  if (last === undefined) throw new Error('A generation ended without a record.');
  const { state, revision, position } = last;
  showServed(running, state);
  // Neither waits for the other, and the answer waits for both.
  const kept = place === undefined ? undefined : keep(ports, place, id, state);
  try {
    await tellCounters(admission, named(hold.request), state);
  } catch (error) {
    // It has ended, and whoever finds the hold after its lease tells them what the log says.
    if (!(error instanceof AdmissionUnavailable)) throw error;
    ports.warn('the counters are told later how a generation ended', error);
  }
  await kept;
  return { state, revision, position };
}

/** Only what is whole; and what cannot be kept is no reason to fail. */
async function keep(
  { answers, warn }: Pick<GeneratePorts, 'answers' | 'warn'>,
  place: AnswerPlace,
  generation: GenerationId,
  state: Generation,
): Promise<void> {
  if (state.status !== 'completed' || state.requestedBy === undefined) return;
  // It would be young again each time that it is served.
  if (state.served !== undefined) return;
  const { answer, answeredBy: model, finish, requestedBy } = state;
  if (model === undefined || (finish !== 'stop' && finish !== 'tool-calls')) return;
  try {
    await answers.keep(place, requestedBy, { generation, model, answer, finish });
  } catch (error) {
    warn('an answer was not kept', error);
  }
}

function showServed({ show }: Pick<UnderWay, 'show'>, state: Generation): void {
  if (!('served' in state) || state.served === undefined) return;
  for (const part of shownAnew(state.answer)) show(part);
}

async function atDeadline(
  { clock }: Pick<GeneratePorts, 'clock'>,
  timeoutMs: number,
  running: Pick<UnderWay, 'callOff'>,
  over: AbortSignal,
): Promise<void> {
  await clock.sleep(timeoutMs, over);
  if (!over.aborted) running.callOff('deadline');
}

/** Whoever lost the hold must not spend: another may have settled it already. */
async function keepLease(
  { admission, clock }: Pick<GeneratePorts, 'admission' | 'clock'>,
  { request, askedAt }: Hold,
  running: Pick<UnderWay, 'callOff'>,
  over: AbortSignal,
): Promise<void> {
  const step = { reservation: named(request), holder: request.holder, leaseMs: LEASE_MS };
  // Part of the lease has passed where its confirmation was waited for.
  let pauseMs = Math.max(0, askedAt + LEASE_MS / 4 - clock.now().getTime());
  for (; ; pauseMs = LEASE_MS / 4) {
    await clock.sleep(pauseMs, over);
    if (over.aborted) return;
    // Where the counters cannot be asked now, they are asked again before the lease is over.
    const renewed = await admission.renew(step).catch(() => undefined);
    if (renewed !== undefined && renewed.status !== 'held' && !over.aborted) {
      running.callOff('shutdown');
    }
  }
}
