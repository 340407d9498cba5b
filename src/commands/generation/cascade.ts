import type { Admission } from '#commands/admission.ts';
import type { Filter } from '#commands/filter/filter-port.ts';
import type { Clock, Ids } from '#commands/ports.ts';
import type { Amount } from '#domain/budget/amount.ts';
import { minus, plus, zero } from '#domain/budget/amount.ts';
import type { Ending } from '#domain/generation/decide.ts';
import type { DataOf } from '#domain/generation/events.ts';
import { type Attempted, type AttemptPorts, attemptOnce } from './attempt-once.ts';
import type { Candidate } from './candidates.ts';
import { attemptAt } from './debit.ts';
import { type Hold, named } from './reserve.ts';
import type { EndedBy, UnderWay } from './under-way.ts';

/** A model is asked again once; then the next one is better than the third time. */
const MOST_AT_ONE_MODEL = 2;
const FIRST_PAUSE_MS = 250;
/** Longer than this the next model is waited for less. */
const LONGEST_PAUSE_MS = 5_000;

export type CascadePorts = AttemptPorts & {
  readonly admission: Pick<Admission, 'topUp' | 'confirm'>;
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'random'>;
};

export type Cascading = {
  readonly hold: Hold;
  readonly filter: Filter;
  readonly running: Pick<UnderWay, 'signal' | 'show'>;
  /** Whether what was shown can be taken back, because nobody has read it yet. */
  readonly canTakeBack: boolean;
  /** By the clock, in milliseconds since 1970. */
  readonly deadline: number;
  readonly record: (attempted: Attempted, ending: Ending | undefined) => Promise<void>;
  readonly logTopUp: (toppedUp: DataOf<'BudgetToppedUp'>) => Promise<void>;
};

type Next = { readonly candidate: Candidate; readonly index: number; readonly pauseMs: number };

/**
 * Tries the models of the hold in their order until one answers. Each attempt is paid for before it
 * begins and debited when it is over. Answers how the generation ends where no attempt's record
 * says so.
 */
export async function tryModels(
  ports: CascadePorts,
  cascading: Cascading,
): Promise<Ending | undefined> {
  const { hold, running, deadline } = cascading;
  const { candidates } = hold;
  let spent = zero;
  let held = hold.request.amount;
  let next: Next | undefined = { candidate: candidates[0]!, index: 0, pauseMs: 0 };
  let atModel = 0;
  for (let attempt = 1; next !== undefined; attempt += 1) {
    const { candidate, index }: Next = next;
    atModel += 1;
    running.show({ type: 'attempt', attempt, model: candidate.found.model });
    const asked = { filter: cascading.filter, signal: running.signal, show: running.show };
    const attempted = await attemptOnce(ports, candidate, attempt, asked);
    spent = plus(spent, attempted.debited?.amount ?? zero);
    next = nextAfter(ports, cascading, attempted, index, atModel);
    await cascading.record(attempted, next ? undefined : endingOf(attempted, running.signal));
    if (next === undefined) return undefined;
    await ports.clock.sleep(next.pauseMs, running.signal);
    if (running.signal.aborted) return abortedBy(running.signal);
    const paid = await payNext(ports, cascading, { next, attempt: attempt + 1, spent, held });
    if (paid === undefined) return { type: 'GenerationFailed', data: { reason: 'budget' } };
    if (paid.next.index !== index) atModel = 0;
    ({ next, held } = paid);
    if (isShown(attempted)) running.show({ type: 'again' });
    if (ports.clock.now().getTime() > deadline) {
      return { type: 'GenerationFailed', data: { reason: 'deadline' } };
    }
  }
  return undefined;
}

function nextAfter(
  { clock, ids }: CascadePorts,
  { hold: { candidates }, canTakeBack, deadline, running }: Cascading,
  attempted: Attempted,
  index: number,
  atModel: number,
): Next | undefined {
  const { error } = attempted;
  if (error === undefined || running.signal.aborted) return undefined;
  // What a client has read of one answer cannot go on in another one.
  if (isShown(attempted) && !canTakeBack) return undefined;
  const left = deadline - clock.now().getTime();
  const jitter = 0.5 + ids.random() / 2;
  const pauseMs = error.retryAfterMs ?? Math.ceil(FIRST_PAUSE_MS * 2 ** (atModel - 1) * jitter);
  const other = candidates[index + 1];
  const longest = other === undefined ? left : Math.min(left, LONGEST_PAUSE_MS);
  if (error.retryable && atModel < MOST_AT_ONE_MODEL && pauseMs < longest) {
    return { candidate: candidates[index]!, index, pauseMs };
  }
  return other && left > 0 ? { candidate: other, index: index + 1, pauseMs: 0 } : undefined;
}

const isShown = ({ made: { answer } }: Attempted): boolean =>
  answer.text !== '' || answer.toolCalls.length > 0;

type Paying = {
  readonly next: Next;
  readonly attempt: number;
  readonly spent: Amount;
  readonly held: Amount;
};

/** Raises the hold by what the next attempt needs beyond it, logs that, and has it confirmed. */
async function payNext(
  { admission }: CascadePorts,
  { hold: { request, candidates }, logTopUp }: Cascading,
  { next, attempt, spent, held }: Paying,
): Promise<{ readonly next: Next; readonly held: Amount } | undefined> {
  const { leaseMs: _, ...reserved } = request;
  for (let index = next.index; index < candidates.length; index += 1) {
    const candidate = candidates[index]!;
    const amount = missing(plus(spent, candidate.worst), held);
    const raised = await admission.topUp({ ...reserved, attempt, amount });
    if (raised.status === 'refused') continue;
    if (raised.status !== 'held') return undefined;
    const at = attemptAt(candidate);
    await logTopUp({ attempt, amount, epoch: raised.epoch, at });
    const { holder } = request;
    const reservation = named(request);
    const total = plus(held, amount);
    const sure = await admission.confirm({ reservation, holder, amount: total });
    if (sure.status !== 'held') return undefined;
    return { next: { ...next, candidate, index }, held: total };
  }
  return undefined;
}

const missing = (needed: Amount, held: Amount): Amount => {
  const { tokens, costNanoUsd } = minus(needed, held);
  return { tokens: Math.max(0, tokens), costNanoUsd: Math.max(0, costNanoUsd) };
};

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
