import type { Ended, Held, Ledger, LoggedHold, Reserve, TopUp } from '#commands/admission.ts';
import type { ReservationId } from '#domain/budget/ids.ts';
import type { Amount, Scope } from '#domain/budget/limits.ts';

type Logged = LoggedHold & { end?: Ended };

/** What a log would say of one tenant's reservations. Whoever ends one first decides, as in the log. */
export function budgetLedger() {
  const logged = new Map<ReservationId, Logged>();
  let reads = 0;

  const settled = () => {
    const sums = new Map<string, { window: string; scope: Scope; amount: Amount }>();
    for (const { windows, scopes, end } of logged.values()) {
      if (end?.status !== 'settled') continue;
      for (const scope of scopes) {
        for (const window of [windows.day, windows.month]) {
          const before = sums.get(`${window} ${scope}`)?.amount;
          const amount = {
            tokens: (before?.tokens ?? 0) + end.amount.tokens,
            costNanoUsd: (before?.costNanoUsd ?? 0) + end.amount.costNanoUsd,
          };
          sums.set(`${window} ${scope}`, { window, scope, amount });
        }
      }
    }
    return [...sums.values()];
  };

  return {
    get reads() {
      return reads;
    },
    reserved: ({ id, holder, windows, claims, amount }: Reserve, { expiresAt }: Held) => {
      logged.set(id, {
        id,
        holder,
        windows: { day: windows.day.id, month: windows.month.id },
        scopes: claims.map(({ scope }) => scope),
        amount,
        attempts: [],
        expiresAt,
      });
    },
    toppedUp: ({ id, attempt }: TopUp, { amount }: Held) => {
      const found = logged.get(id);
      if (found) logged.set(id, { ...found, amount, attempts: [...found.attempts, attempt] });
    },
    /** The end that the log has now: this one, if there was none. */
    ended: (id: ReservationId, end: Ended): Ended => {
      const found = logged.get(id);
      if (found === undefined) throw new Error('What was never reserved cannot end.');
      found.end ??= end;
      return found.end;
    },
    endOf: (id: ReservationId) => logged.get(id)?.end,
    has: (id: ReservationId) => logged.has(id),
    openIds: () => [...logged.values()].filter(({ end }) => !end).map(({ id }) => id),
    read: async (): Promise<Ledger> => {
      reads += 1;
      return {
        settled: settled(),
        open: [...logged.values()].filter(({ end }) => end === undefined),
        ended: [...logged.values()].flatMap(({ id, end }) => (end ? [{ id, ...end }] : [])),
      };
    },
  };
}

export type BudgetLedger = ReturnType<typeof budgetLedger>;
