import { appendFileSync, readFileSync } from 'node:fs';
import {
  type Books,
  EpochSuperseded,
  type Held,
  type Reserve,
  type TopUp,
} from '#commands/admission.ts';
import type { Amount } from '#domain/amount.ts';
import type { ReservationId } from '#domain/budget/ids.ts';
import { type Ended, type Epoch, type LedgerEntry, ledgerFold } from '#domain/budget/ledger.ts';
import type { TenantId } from '#domain/ids.ts';
import { named } from './budget.ts';

type Called = { readonly type: 'called'; readonly id: ReservationId };
type Entry = LedgerEntry | Called;

/** What the entries so far come to. */
function folded() {
  const fold = ledgerFold();
  const calls: ReservationId[] = [];
  return {
    ...fold,
    calls,
    enter: (entry: Entry) => {
      if (entry.type === 'called') calls.push(entry.id);
      else fold.enter(entry);
    },
  };
}

type Folded = ReturnType<typeof folded>;

export type BudgetLog = ReturnType<typeof budgetLog>;

/** What a log says of one tenant's reservations. */
function budgetLog(append: (entry: Entry) => void, now: () => Folded) {
  let reads = 0;

  const read = async () => {
    reads += 1;
    return now().ledger();
  };
  const beginEpoch = async () => {
    const after = now().epoch();
    return async (epoch: Epoch) => {
      append({ type: 'epoch-began', epoch, after });
      if (now().epoch() !== epoch) throw new EpochSuperseded();
      return await read();
    };
  };

  return {
    get reads() {
      return reads;
    },
    read,
    books: {
      read,
      beginEpoch,
      isNewest: async (_: TenantId, epoch: Epoch) => now().epoch() === epoch,
    } satisfies Books,
    /** `false` where it ended before. */
    reserved: (request: Reserve, { epoch }: Held): boolean => {
      const { id, holder, claims, amount, leaseMs } = request;
      const { windows } = named(request);
      const scopes = claims.map(({ scope }) => scope);
      const hold = { id, holder, windows, scopes, amount, attempts: [], leaseMs };
      append({ type: 'reserved', hold, epoch });
      return now().endOf(id) === undefined;
    },
    toppedUp: ({ id, attempt, amount }: TopUp, { epoch }: Held): boolean => {
      append({ type: 'topped-up', id, attempt, amount, epoch });
      return now().endOf(id) === undefined;
    },
    /** Ends what cannot have been confirmed. `false` where it can, or has ended. */
    abandoned: (id: ReservationId): boolean => {
      append({ type: 'abandoned', id });
      return !now().counts(id);
    },
    /** The end that the log has now: this one, if there was none. */
    ended: (id: ReservationId, end: Ended): Ended => {
      append({ type: 'ended', id, end });
      const found = now().endOf(id);
      if (found === undefined) throw new Error('What was never reserved cannot end.');
      return found;
    },
    /** The reservation and its top-ups. */
    amountOf: (id: ReservationId): Amount => now().amountOf(id),
    /** The provider's own record, kept here because it survives as well. */
    called: (id: ReservationId) => append({ type: 'called', id }),
    calls: () => now().calls,
  };
}

/** A log in this process. */
export function memoryBudgetLog(): BudgetLog {
  const fold = folded();
  return budgetLog(fold.enter, () => fold);
}

/** A log that processes share, and that survives all of them. */
export function fileBudgetLog(path: string): BudgetLog {
  appendFileSync(path, '');
  return budgetLog(
    // One write of one line: the system appends it whole, behind what others appended.
    (entry) => appendFileSync(path, `${JSON.stringify(entry)}\n`),
    () => {
      const fold = folded();
      for (const line of readFileSync(path, 'utf8').split('\n')) {
        if (line !== '') fold.enter(JSON.parse(line) as Entry);
      }
      return fold;
    },
  );
}

/** Books of one tenant; those of any other are empty. */
export function booksOf(tenant: TenantId, { books }: BudgetLog): Books {
  const nobodys = memoryBudgetLog();
  const of = (asked: TenantId) => (asked === tenant ? books : nobodys.books);
  return {
    read: async (asked) => await of(asked).read(),
    beginEpoch: async (asked) => await of(asked).beginEpoch(),
    isNewest: async (asked, epoch) => await of(asked).isNewest(asked, epoch),
  };
}
