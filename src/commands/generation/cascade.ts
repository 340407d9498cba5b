import type { Filter } from '#commands/filter/filter-port.ts';
import type { Clock, Ids } from '#commands/ports.ts';
import { plus, zero } from '#domain/amount.ts';
import type { BreakerPermit } from '#domain/breaker/breaker.ts';
import type { Ending } from '#domain/generation/ending.ts';
import type { DataOf } from '#domain/generation/events.ts';
import type { ModelError } from '#domain/generation/model-error.ts';
import { type Attempted, type AttemptPorts, attemptOnce } from './attempt-once.ts';
import { attemptAt } from './debit.ts';
import type { ModelCalls } from './model-calls.ts';
import { healthOf } from './model-health.ts';
import type { TimeLimits } from './model-port.ts';
import { type Paid, type PayPorts, payFirst, payNext } from './pay-next.ts';
import type { Hold } from './reserve.ts';
import type { EndedBy, UnderWay } from './under-way.ts';

/** A model is asked again once; then the next one is better than the third time. */
const MOST_AT_ONE_MODEL = 2;
const FIRST_PAUSE_MS = 250;
/** Longer than this the next model is waited for less. */
const LONGEST_PAUSE_MS = 5_000;

export type CascadePorts = AttemptPorts &
  PayPorts & {
    readonly clock: Clock;
    readonly calls: Pick<ModelCalls, 'record'>;
    readonly ids: Pick<Ids, 'random'>;
  };

export type Cascading = {
  readonly hold: Hold;
  /** For the first model; where its breaker gave none, the next one is tried. */
  readonly permit: BreakerPermit | undefined;
  readonly filter: Filter;
  readonly running: Pick<UnderWay, 'signal' | 'show'>;
  /** Whether what was shown can be taken back, because nobody has read it yet. */
  readonly canTakeBack: boolean;
  /** By the clock, in milliseconds since 1970. */
  readonly deadline: number;
  readonly record: (attempted: Attempted, ending: Ending | undefined) => Promise<void>;
  readonly logTopUp: (toppedUp: DataOf<'BudgetToppedUp'>) => Promise<void>;
};

type Next = { readonly from: number; readonly pauseMs: number };

/**
 * Tries the models of the hold in their order until one answers. Each attempt is let by its model's
 * breaker and paid for before it begins, and debited when it is over. Answers how the generation
 * ends where no attempt's record says so.
 */
export async function tryModels(
  ports: CascadePorts,
  cascading: Cascading,
): Promise<Ending | undefined> {
  const { running } = cascading;
  let spent = zero;
  let paid = await payFirst(ports, { ...cascading, spent });
  let atModel = 0;
  while (!('type' in paid)) {
    const { attempt, index, held }: Paid = paid;
    atModel += 1;
    const { attempted, next, told } = await tryOnce(ports, cascading, paid, atModel);
    spent = plus(spent, attempted.debited?.amount ?? zero);
    const ending = next ? undefined : endingOf(attempted, running.signal);
    await Promise.all([cascading.record(attempted, ending), told]);
    if (next === undefined) return undefined;
    await ports.clock.sleep(next.pauseMs, running.signal);
    if (running.signal.aborted) return abortedBy(running.signal);
    const { from } = next;
    paid = await payNext(ports, { ...cascading, from, attempt: attempt + 1, spent, held });
    if ('type' in paid) return paid;
    if (paid.index !== index) atModel = 0;
    if (isShown(attempted)) running.show({ type: 'again' });
    const late = await tooLate(ports, cascading, paid);
    if (late !== undefined) return late;
  }
  return paid;
}

/**
 * Calls the model, tells its breaker how that went, and says what is tried next. The attempt is
 * recorded meanwhile: `told` resolves when the breaker has heard of it.
 */
async function tryOnce(
  ports: CascadePorts,
  cascading: Cascading,
  { candidate, index, attempt, permit }: Paid,
  atModel: number,
): Promise<{
  readonly attempted: Attempted;
  readonly next: Next | undefined;
  readonly told: Promise<unknown>;
}> {
  const { clock, breakers, calls } = ports;
  const { hold, filter, running, deadline } = cascading;
  const { signal, show } = running;
  show({ type: 'attempt', attempt, model: candidate.found.model });
  const others = hold.candidates.length - 1 - index;
  const limits = limitsFor(deadline - clock.now().getTime(), others);
  const isProbe = permit.probe !== undefined;
  const asked = { filter, signal, limits, isProbe, show };
  const attempted = await attemptOnce(ports, candidate, attempt, asked);
  const health = healthOf(attempted, limits);
  const at = attemptAt(candidate);
  calls.record(at, { health, tookMs: attempted.made.tookMs });
  const told = breakers.record(at, permit, health);
  if (attempted.error === undefined) return { attempted, next: undefined, told };
  const mayAgain = atModel < MOST_AT_ONE_MODEL && (await told) === 'closed';
  const next = nextAfter(ports, cascading, attempted, { index, atModel, mayAgain });
  return { attempted, next, told };
}

/** Where another model follows, a silent one may not use up the time of both. */
function limitsFor(leftMs: number, others: number): TimeLimits {
  if (others === 0) return { firstPartMs: Infinity, nextPartMs: Infinity };
  return { firstPartMs: leftMs * 0.4, nextPartMs: leftMs * 0.3 };
}

type After = { readonly index: number; readonly atModel: number; readonly mayAgain: boolean };

function nextAfter(
  { clock, ids }: CascadePorts,
  { hold: { candidates }, canTakeBack, deadline, running }: Cascading,
  attempted: Attempted,
  { index, atModel, mayAgain }: After,
): Next | undefined {
  const { error } = attempted;
  if (error === undefined || running.signal.aborted) return undefined;
  // What a client has read of one answer cannot go on in another one.
  if (isShown(attempted) && !canTakeBack) return undefined;
  const left = deadline - clock.now().getTime();
  const jitter = 0.5 + ids.random() / 2;
  const pauseMs = error.retryAfterMs ?? Math.ceil(FIRST_PAUSE_MS * 2 ** (atModel - 1) * jitter);
  const hasOther = index + 1 < candidates.length;
  const longest = hasOther ? Math.min(left, LONGEST_PAUSE_MS) : left;
  if (mayAgain && isWorthAsking(error, hasOther) && pauseMs < longest) {
    return { from: index, pauseMs };
  }
  return hasOther && left > 0 ? { from: index + 1, pauseMs: 0 } : undefined;
}

/** Who was silent once is likely to be silent again, for as long. */
const isWorthAsking = ({ retryable, kind }: ModelError, hasOther: boolean): boolean =>
  retryable && !(kind === 'timeout' && hasOther);

export const isShown = ({ made: { answer } }: Attempted): boolean =>
  answer.text !== '' || answer.toolCalls.length > 0;

async function tooLate(
  { clock, breakers }: CascadePorts,
  { deadline }: Cascading,
  { candidate, permit }: Paid,
): Promise<Ending | undefined> {
  if (clock.now().getTime() <= deadline) return undefined;
  await breakers.record(attemptAt(candidate), permit, 'unknown');
  return { type: 'GenerationFailed', data: { reason: 'deadline' } };
}

function endingOf({ made, error, blockedBy }: Attempted, signal: AbortSignal): Ending {
  if (blockedBy !== undefined) {
    return { type: 'GenerationBlocked', data: { direction: 'answer', rules: [...blockedBy] } };
  }
  if (error === undefined) {
    return { type: 'GenerationCompleted', data: { attempt: made.attempt } };
  }
  if (error.kind === 'aborted') return abortedBy(signal);
  return { type: 'GenerationFailed', data: { reason: error.kind } };
}

function abortedBy({ reason }: AbortSignal): Ending {
  const by = reason as EndedBy;
  return by === 'deadline'
    ? { type: 'GenerationFailed', data: { reason: by } }
    : { type: 'GenerationAborted', data: { by } };
}
