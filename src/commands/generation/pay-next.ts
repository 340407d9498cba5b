import type { Admission } from '#commands/admission.ts';
import type { Clock } from '#commands/ports.ts';
import type { BreakerPermit } from '#domain/breaker/breaker.ts';
import { type Amount, missing, plus } from '#domain/amount.ts';
import type { Ending } from '#domain/generation/ending.ts';
import type { DataOf } from '#domain/generation/events.ts';
import type { Breakers } from './breaker-port.ts';
import type { Candidate, Skipped } from './candidates.ts';
import { patiently, sureUntil } from './confirm-hold.ts';
import { attemptAt } from './debit.ts';
import { type Hold, named } from './reserve.ts';

export type PayPorts = {
  readonly clock: Clock;
  readonly admission: Pick<Admission, 'topUp' | 'confirm'>;
  readonly breakers: Pick<Breakers, 'acquire' | 'record'>;
};

/** An attempt that may begin: its model's breaker lets it, and its worst case is held. */
export type Paid = {
  readonly candidate: Candidate;
  readonly index: number;
  readonly attempt: number;
  readonly permit: BreakerPermit;
  readonly held: Amount;
};

type Paying = {
  readonly hold: Hold;
  readonly logTopUp: (toppedUp: DataOf<'BudgetToppedUp'>) => Promise<void>;
  /** The first that may be tried, by its place among the candidates. */
  readonly from: number;
  readonly attempt: number;
  readonly spent: Amount;
  readonly held: Amount;
  /** By the clock, in milliseconds since 1970. */
  readonly deadline: number;
  readonly skipped?: readonly Skipped[];
};

/** The first attempt is paid by the hold itself, if its breaker lets it. */
export async function payFirst(
  ports: PayPorts,
  paying: Pick<Paying, 'hold' | 'logTopUp' | 'spent' | 'deadline'> & {
    readonly permit: BreakerPermit | undefined;
  },
): Promise<Paid | Ending> {
  const { hold, permit } = paying;
  const candidate = hold.candidates[0]!;
  const held = hold.request.amount;
  if (permit !== undefined) return { candidate, index: 0, attempt: 1, permit, held };
  const skipped = [failing(candidate)];
  return await payNext(ports, { ...paying, from: 1, attempt: 2, held, skipped });
}

/** Raises the hold by what the next attempt needs beyond it, logs that, and has it confirmed. */
export async function payNext(ports: PayPorts, paying: Paying): Promise<Paid | Ending> {
  const { from, hold } = paying;
  const skipped = [...(paying.skipped ?? [])];
  for (const [place, candidate] of hold.candidates.slice(from).entries()) {
    const at = attemptAt(candidate);
    const permit = await ports.breakers.acquire(at);
    if (permit === undefined) {
      skipped.push(failing(candidate));
      continue;
    }
    const paid = await topUp(ports, { ...paying, skipped }, candidate).catch(
      async (error: unknown) => {
        // Else nobody could probe this model until the lease of this probe is over.
        await ports.breakers.record(at, permit, 'unknown');
        throw error;
      },
    );
    if (typeof paid === 'object') {
      const { attempt } = paying;
      return { candidate, index: from + place, attempt, permit, held: paid };
    }
    await ports.breakers.record(at, permit, 'unknown');
    if (paid === 'lost') break;
    skipped.push({ model: candidate.found.model, reason: 'budget/exhausted' });
  }
  const isBudget = skipped.every(({ reason }) => reason === 'budget/exhausted');
  const reason = isBudget ? 'budget' : 'no-model';
  return { type: 'GenerationFailed', data: { reason, ...(skipped.length > 0 && { skipped }) } };
}

/** What is held then, or why it cannot be: too dear, or no longer ours. */
async function topUp(
  { admission, clock }: PayPorts,
  { hold: { request }, logTopUp, attempt, spent, held, deadline, skipped = [] }: Paying,
  candidate: Candidate,
): Promise<Amount | 'too-dear' | 'lost'> {
  const { leaseMs: _, holder, ...reserved } = request;
  const amount = missing(plus(spent, candidate.worst), held);
  const raised = await admission.topUp({ ...reserved, holder, attempt, amount });
  if (raised.status === 'refused') return 'too-dear';
  if (raised.status !== 'held') return 'lost';
  const more = skipped.length > 0 && { skipped: [...skipped] };
  await logTopUp({ attempt, amount, epoch: raised.epoch, at: attemptAt(candidate), ...more });
  const total = plus(held, amount);
  const step = { reservation: named(request), holder, amount: total };
  const until = sureUntil(clock.now().getTime(), deadline);
  const sure = await patiently(clock, until, async () => await admission.confirm(step));
  return sure.status === 'held' ? total : 'lost';
}

const failing = ({ found }: Candidate): Skipped => ({
  model: found.model,
  reason: 'model/failing',
});
