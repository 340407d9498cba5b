import type { Admission, Reserve } from '#commands/admission.ts';
import type { Ended } from '#domain/budget/ledger.ts';
import type { TenantId } from '#domain/ids.ts';
import type { BudgetLog } from './budget-log.ts';
import { named, nothing } from './budget.ts';

export const steps = ['reserve', 'log', 'confirm', 'call', 'debit', 'settle'] as const;

type Options = {
  /** Runs before each step: where a test stops, kills or delays. */
  readonly before?: (step: (typeof steps)[number]) => Promise<void> | void;
  /** The provider is called, which costs what was reserved. */
  readonly call?: (request: Reserve) => void;
};

/** The path of one generation: reserve → log → confirm → call → debit → settle. */
export async function generate(
  admission: Admission,
  log: BudgetLog,
  request: Reserve,
  { before = () => undefined, call = () => undefined }: Options = {},
): Promise<'called' | 'refused'> {
  if (!(await isConfirmed(admission, log, request, before))) return 'refused';
  await before('call');
  call(request);
  await before('debit');
  const end = log.ended(request.id, { status: 'settled', amount: request.amount });
  await before('settle');
  await tell(admission, request, end);
  return 'called';
}

async function isConfirmed(
  admission: Admission,
  log: BudgetLog,
  request: Reserve,
  before: NonNullable<Options['before']>,
): Promise<boolean> {
  let isLogged = false;
  for (;;) {
    await before('reserve');
    const held = await admission.reserve(request);
    if (held.status !== 'held') {
      if (isLogged) await giveUp(admission, log, request);
      return false;
    }
    await before('log');
    if (!log.reserved(request, held)) {
      await admission.release(named(request));
      return false;
    }
    isLogged = true;
    await before('confirm');
    const confirmed = await admission.confirm({
      reservation: named(request),
      holder: request.holder,
      amount: request.amount,
    });
    if (confirmed.status === 'held') return true;
    if (confirmed.status === 'unknown') continue;
    await giveUp(admission, log, request);
    return false;
  }
}

const giveUp = async (admission: Admission, log: BudgetLog, request: Reserve) =>
  await tell(admission, request, log.ended(request.id, { status: 'released', amount: nothing }));

/** The counters learn of the end that the log has. */
const tell = async (admission: Admission, request: Reserve, end: Ended) => {
  if (end.status === 'settled') await admission.settle(named(request), end.amount);
  else await admission.release(named(request));
};

/** Decides what became of the holds whose lease ran out, and answers how many there were. */
export async function decideExpired(
  admission: Admission,
  log: BudgetLog,
  tenant: TenantId,
): Promise<number> {
  const expired = await admission.expired(tenant, 100);
  for (const { reservation } of expired) {
    if (log.abandoned(reservation.id)) await admission.release(reservation);
    else {
      // It may have been called, so it is settled at what that could have cost.
      const amount = log.amountOf(reservation.id);
      const end = log.ended(reservation.id, { status: 'settled', amount });
      if (end.status === 'settled') await admission.settle(reservation, end.amount);
      else await admission.release(reservation);
    }
  }
  return expired.length;
}
