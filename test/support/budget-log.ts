import { appendFileSync, readFileSync } from 'node:fs';
import {
  type Books,
  type Ended,
  type Epoch,
  EpochSuperseded,
  type Held,
  type Ledger,
  type LoggedHold,
  type Reserve,
  type TopUp,
} from '#commands/admission.ts';
import type { ReservationId } from '#domain/budget/ids.ts';
import type { Amount } from '#domain/budget/limits.ts';
import type { TenantId } from '#domain/ids.ts';
import { amountOf, named, nothing, plus } from './budget.ts';

type Entry =
  | { type: 'began'; epoch: Epoch; after: Epoch }
  | { type: 'reserved'; hold: LoggedHold; epoch: Epoch }
  | { type: 'topped-up'; id: ReservationId; attempt: number; amount: Amount; epoch: Epoch }
  | { type: 'ended'; id: ReservationId; end: Ended }
  | { type: 'abandoned'; id: ReservationId }
  | { type: 'called'; id: ReservationId };

type Known = { hold: LoggedHold; counts: boolean; end: Ended | undefined };
type State = {
  epoch: Epoch;
  readonly known: Map<ReservationId, Known>;
  readonly abandoned: Set<ReservationId>;
  readonly calls: ReservationId[];
};

const empty = (): State => ({ epoch: '', known: new Map(), abandoned: new Set(), calls: [] });

/** Whoever comes first decides, and only what was logged in the epoch of its moment counts. */
function apply(state: State, entry: Entry): void {
  switch (entry.type) {
    case 'began':
      if (entry.after === state.epoch) state.epoch = entry.epoch;
      return;
    case 'reserved':
      return reserve(state, entry);
    case 'topped-up':
      return topUp(state, entry);
    case 'ended': {
      const known = state.known.get(entry.id);
      if (known) known.end ??= entry.end;
      return;
    }
    case 'abandoned':
      return abandon(state, entry.id);
    case 'called':
      state.calls.push(entry.id);
  }
}

function reserve(state: State, { hold, epoch }: Extract<Entry, { type: 'reserved' }>): void {
  const before = state.known.get(hold.id);
  if (before?.end !== undefined || before?.counts || state.abandoned.has(hold.id)) return;
  const counts = epoch === state.epoch;
  state.known.set(hold.id, { hold: before?.hold ?? hold, counts, end: undefined });
}

function topUp(state: State, entry: Extract<Entry, { type: 'topped-up' }>): void {
  const before = state.known.get(entry.id);
  if (before === undefined || before.end !== undefined || entry.epoch !== state.epoch) return;
  const { amount, attempts } = before.hold;
  if (attempts.includes(entry.attempt)) return;
  const raised = { amount: plus(amount, entry.amount), attempts: [...attempts, entry.attempt] };
  before.hold = { ...before.hold, ...raised };
}

function abandon(state: State, id: ReservationId): void {
  const before = state.known.get(id);
  if (before === undefined) state.abandoned.add(id);
  else if (!before.counts) before.end ??= { status: 'released', amount: nothing };
}

export type BudgetLog = ReturnType<typeof budgetLog>;

/** What a log says of one tenant's reservations. */
function budgetLog(append: (entry: Entry) => void, now: () => State) {
  let reads = 0;

  const read = async (): Promise<Ledger> => {
    reads += 1;
    const { known, abandoned } = now();
    const all = [...known.values()];
    const released = { status: 'released', amount: nothing } as const;
    return {
      settled: settledSums(all),
      open: all.filter(({ counts, end }) => counts && !end).map(({ hold }) => hold),
      ended: [
        ...all.flatMap(({ hold: { id }, end }) => (end ? [{ id, ...end }] : [])),
        ...[...abandoned].map((id) => ({ id, status: released.status, amount: nothing })),
      ],
    };
  };
  const beginEpoch = async () => {
    const after = now().epoch;
    return async (epoch: Epoch) => {
      append({ type: 'began', epoch, after });
      if (now().epoch !== epoch) throw new EpochSuperseded();
      return await read();
    };
  };

  return {
    get reads() {
      return reads;
    },
    read,
    books: { read, beginEpoch } satisfies Books,
    /** `false` where it ended before. */
    reserved: (request: Reserve, { epoch }: Held): boolean => {
      const { id, holder, claims, amount, leaseMs } = request;
      const { windows } = named(request);
      const scopes = claims.map(({ scope }) => scope);
      const hold = { id, holder, windows, scopes, amount, attempts: [], leaseMs };
      append({ type: 'reserved', hold, epoch });
      const { known, abandoned } = now();
      return !abandoned.has(id) && known.get(id)?.end === undefined;
    },
    toppedUp: ({ id, attempt, amount }: TopUp, { epoch }: Held): boolean => {
      append({ type: 'topped-up', id, attempt, amount, epoch });
      return now().known.get(id)?.end === undefined;
    },
    /** Ends what cannot have been confirmed. `false` where it can, or has ended. */
    abandoned: (id: ReservationId): boolean => {
      append({ type: 'abandoned', id });
      const { known, abandoned } = now();
      return abandoned.has(id) || known.get(id)?.counts === false;
    },
    /** The end that the log has now: this one, if there was none. */
    ended: (id: ReservationId, end: Ended): Ended => {
      append({ type: 'ended', id, end });
      const found = now().known.get(id)?.end;
      if (found === undefined) throw new Error('What was never reserved cannot end.');
      return found;
    },
    /** The reservation and its top-ups. */
    amountOf: (id: ReservationId): Amount => now().known.get(id)?.hold.amount ?? nothing,
    /** The provider's own record, kept here because it survives as well. */
    called: (id: ReservationId) => append({ type: 'called', id }),
    calls: () => now().calls,
  };
}

/** A log in this process. */
export function memoryBudgetLog(): BudgetLog {
  const state = empty();
  return budgetLog(
    (entry) => apply(state, entry),
    () => state,
  );
}

/** A log that processes share, and that survives all of them. */
export function fileBudgetLog(path: string): BudgetLog {
  appendFileSync(path, '');
  return budgetLog(
    // One write of one line: the system appends it whole, behind what others appended.
    (entry) => appendFileSync(path, `${JSON.stringify(entry)}\n`),
    () => {
      const state = empty();
      for (const line of readFileSync(path, 'utf8').split('\n')) {
        if (line !== '') apply(state, JSON.parse(line) as Entry);
      }
      return state;
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
  };
}

/** What reservations that ended were debited, by window and scope. */
function settledSums(known: readonly Known[]): Ledger['settled'] {
  const sums = new Map<string, Ledger['settled'][number]>();
  for (const { hold, end } of known) {
    if (end?.status !== 'settled') continue;
    for (const scope of hold.scopes) {
      for (const window of [hold.windows.day, hold.windows.month]) {
        const before = sums.get(`${window} ${scope}`)?.amount ?? amountOf(0);
        sums.set(`${window} ${scope}`, { window, scope, amount: plus(before, end.amount) });
      }
    }
  }
  return [...sums.values()];
}
