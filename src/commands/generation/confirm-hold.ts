import { type Admission, AdmissionUnavailable } from '#commands/admission.ts';
import type { Clock } from '#commands/ports.ts';
import { refused } from '#domain/budget/refused.ts';
import { type Hold, LEASE_MS, named } from './reserve.ts';

/** So much of a lease may pass before its holder is sure of it; the rest is for renewing it. */
const SURE_WITHIN_MS = LEASE_MS * 0.75;
const PAUSE_MS = 250;

/** Until when the counters are asked again about a hold, in milliseconds since 1970. */
export const sureUntil = (since: number, deadline: number): number =>
  Math.min(deadline, since + SURE_WITHIN_MS);

/**
 * Asks the counters again while they do not answer. Whoever gave up a hold that is logged would free
 * its place when all others have been refused.
 */
export async function patiently<Answer>(
  clock: Clock,
  until: number,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const mayPass = error instanceof AdmissionUnavailable && clock.now().getTime() < until;
      if (!mayPass) throw error;
      await clock.sleep(PAUSE_MS);
    }
  }
}

/**
 * Waits until the counters confirm a hold that the log knows; where they were lost meanwhile it is
 * made again, and `logAgain` writes it anew. Throws where it cannot be had.
 */
export async function confirmed(
  { admission, clock }: { readonly admission: Admission; readonly clock: Clock },
  hold: Hold,
  timeoutMs: number,
  logAgain: (hold: Hold) => Promise<void>,
): Promise<void> {
  const { request, askedAt } = hold;
  const { holder, amount } = request;
  const step = { reservation: named(request), holder, amount };
  const until = sureUntil(askedAt, askedAt + timeoutMs);
  for (;;) {
    const answer = await patiently(clock, until, async () => await admission.confirm(step));
    if (answer.status === 'held') return;
    if (answer.status !== 'unknown') throw new AdmissionUnavailable('the hold was lost');
    const again = await patiently(clock, until, async () => await admission.reserve(request));
    if (again.status === 'refused') throw refused(again.refusal);
    if (again.status !== 'held') throw new AdmissionUnavailable('the hold was lost');
    await logAgain({ ...hold, held: again });
  }
}
