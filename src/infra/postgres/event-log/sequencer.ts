import { type Clock, LogUnavailable } from '#commands/ports.ts';
import type { Sequencer, Verdict } from '#infra/log/appending.ts';
import type { CheckedAppend } from '#infra/log/checked-append.ts';
import type { Ticket } from '#infra/log/patience.ts';
import { unavailable } from './outage.ts';
import { queue } from './queue.ts';
import type { Sent, Wire } from './wire.ts';

/** About a second. Longer, and callers would wait for a Postgres that is away. */
const RECONNECTS = 7;
/** Not worth two transactions. */
const FEWEST_APPENDS = 32;

type Waiting = {
  readonly append: CheckedAppend;
  readonly ticket: Ticket;
  readonly resolve: (verdict: Verdict) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Commits what many callers append in few transactions. An idle sequencer commits at once; what
 * arrives while a batch is on its way forms the next one.
 */
export function sequencer(wire: Wire, clock: Clock): Sequencer {
  const waiting = queue<Waiting>();
  let inFlight = 0;
  let scheduled = false;
  /** How many appends the last batch had: their callers are likely to be back soon. */
  let lastBatch = 0;

  const schedule = () => {
    if (scheduled || inFlight > 0) return;
    scheduled = true;
    // Callers that were woken together append together.
    setImmediate(() => {
      scheduled = false;
      if (inFlight === 0) sendNext();
    });
  };

  const sendNext = () => {
    // Half of those who append: the others' events are sealed while Postgres writes these. All of
    // them together would only ever wait for each other.
    const half = Math.ceil((waiting.length + lastBatch) / 2);
    const batch = stillWanted(waiting.nextBatch(Math.max(FEWEST_APPENDS, half)));
    lastBatch = batch.length;
    if (batch.length > 0) void commit(batch, 0);
    else if (waiting.length > 0) schedule();
  };

  const send = async (batch: readonly Waiting[]): Promise<Sent> => {
    inFlight += 1;
    const sent = await wire.send(batch.map(({ append }) => append));
    inFlight -= 1;
    // Before the callers of this batch go on, so that Postgres does not wait for them.
    if (inFlight === 0) sendNext();
    return sent;
  };

  async function commit(batch: readonly Waiting[], attempt: number): Promise<void> {
    const sent = await send(batch);
    switch (sent.outcome) {
      case 'decided':
        for (const [index, one] of batch.entries()) one.resolve(sent.verdicts[index]!);
        return;
      case 'unknown':
        await settle(batch, attempt + 1);
        return;
      case 'not-sent':
        // What an earlier attempt sent may have been committed: worth some patience.
        if (attempt > 0 && attempt < RECONNECTS) await settle(batch, attempt + 1);
        else refuseAll([...batch, ...waiting.drain()], sent.error);
        return;
      case 'failed':
        // One append spoils the batch: sent alone, it fails alone.
        if (batch.length === 1) refuseAll(batch, sent.error);
        else for (const one of batch) await commit([one], attempt);
    }
  }

  /** Repeats with the same bytes: what was committed is recognised by its ids. */
  async function settle(batch: readonly Waiting[], attempt: number): Promise<void> {
    await clock.sleep(Math.min(5 * 2 ** attempt, 500));
    const live = stillWanted(batch);
    if (live.length > 0) await commit(live, attempt);
  }

  return {
    submit: async (append, ticket) =>
      await new Promise((resolve, reject) => {
        if (!waiting.push({ append, ticket, resolve, reject }))
          reject(new LogUnavailable('too much waits to be appended'));
        schedule();
      }),
  };
}

/** What nobody waits for any more is not written. */
function stillWanted(batch: readonly Waiting[]): readonly Waiting[] {
  const late = batch.filter(({ ticket }) => ticket.expired);
  if (late.length === 0) return batch;
  refuseAll(late, new LogUnavailable('it was too slow'));
  return batch.filter(({ ticket }) => !ticket.expired);
}

function refuseAll(batch: readonly Waiting[], error: unknown): void {
  for (const one of batch) one.reject(unavailable(error));
}
