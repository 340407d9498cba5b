import { AdmissionUnavailable, type Books, EpochSuperseded } from '#commands/admission.ts';
import type { Clock, Ids } from '#commands/ports.ts';
import type { Ledger } from '#domain/budget/ledger.ts';
import type { TenantId } from '#domain/ids.ts';
import type { RedisConnection, Reply } from './connection.ts';
import { epochKey, holdKeys, reservationKey, windowKey } from './keys.ts';
import { type Script, scripts } from './scripts.ts';

export type RebuildPorts = {
  readonly redis: RedisConnection;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly books: Books;
  /** Whoever holds the lock and is silent for so long is taken for dead. */
  readonly lockMs?: number;
  /** How long others wait for whoever holds it. */
  readonly patienceMs?: number;
};

/** Builds the counters of a tenant from the log, and answers the name of the epoch they are in. */
export type Rebuild = (tenant: TenantId, insteadOf?: string) => Promise<string>;

const PAUSE_MS = 50;
/** So many figures go in one step, that other tenants need not wait for long. */
const CHUNK = 500;

/** The lock is lost: another server, emptied counters, or somebody who took us for dead. */
class Fenced extends Error {}

export function rebuilding({
  redis,
  clock,
  ids,
  books,
  lockMs = 10_000,
  patienceMs = 10_000,
}: RebuildPorts): Rebuild {
  const attempt = async (tenant: TenantId, insteadOf: string): Promise<string | undefined> => {
    const begin = await books.beginEpoch(tenant);
    // The token fences, and names the epoch that is built: what somebody slower still writes goes
    // to names that nobody reads. Random, as a number would begin anew with emptied counters.
    const token = ids.uuid();
    const [answer, epoch] = await redis.run(
      scripts.beginRebuild,
      [epochKey(tenant)],
      [insteadOf, token, lockMs],
    );
    if (answer === 'evicts') {
      const reason = `Redis may evict counters (${String(epoch)}): set maxmemory-policy noeviction`;
      throw new AdmissionUnavailable(reason);
    }
    if (answer === 'open') return String(epoch);
    if (answer === 'locked') {
      await clock.sleep(Math.min(PAUSE_MS, Number(epoch)));
      return undefined;
    }
    const step = async (
      script: Script,
      keys: readonly string[],
      args: readonly (string | number)[],
    ) => assertOurs(await redis.run(script, [epochKey(tenant), ...keys], [token, lockMs, ...args]));
    try {
      const ledger = await whileKeeping(
        async () => await begin(token),
        async () => void (await step(scripts.keepLock, [], [])),
      );
      await build(tenant, token, ledger, step);
      await step(scripts.publish, [], []);
      return token;
    } catch (error) {
      // So that a log that fails for a moment does not keep everybody waiting for the lock's end.
      await step(scripts.dropLock, [], []).catch(() => undefined);
      throw error;
    }
  };

  const whileKeeping = async <Value>(
    work: () => Promise<Value>,
    keep: () => Promise<void>,
  ): Promise<Value> => {
    const over = new AbortController();
    const keeping = (async () => {
      for (;;) {
        await clock.sleep(lockMs / 3, over.signal);
        if (over.signal.aborted) return;
        await keep();
      }
    })();
    // A lock that was lost shows in the next step.
    keeping.catch(() => undefined);
    try {
      return await work();
    } finally {
      over.abort();
    }
  };

  return async (tenant, insteadOf = '') => {
    const until = clock.now().getTime() + patienceMs;
    while (clock.now().getTime() < until) {
      try {
        const epoch = await attempt(tenant, insteadOf);
        if (epoch !== undefined) return epoch;
      } catch (error) {
        if (!(error instanceof Fenced || error instanceof EpochSuperseded)) throw error;
      }
    }
    throw new AdmissionUnavailable('the counters are being built');
  };
}

function assertOurs(reply: Reply): Reply {
  if (reply[0] === 'fenced') throw new Fenced();
  return reply;
}

type Step = (
  script: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>;

async function build(tenant: TenantId, epoch: string, ledger: Ledger, step: Step): Promise<void> {
  for (const [window, sums] of Map.groupBy(ledger.settled, ({ window }) => window)) {
    for (const some of chunks(sums)) {
      const figures = some.flatMap(({ scope, amount }) => [
        scope,
        amount.tokens,
        amount.costNanoUsd,
      ]);
      await step(scripts.buildWindow, [windowKey(tenant, epoch, window)], figures);
    }
  }
  for (const some of chunks(ledger.open)) {
    await Promise.all(
      some.map(({ id, holder, windows, scopes, amount, attempts, leaseMs }) => {
        const [, ...keys] = holdKeys({ tenant, id, windows }, epoch);
        const figures = [amount.tokens, amount.costNanoUsd, leaseMs];
        const where = [windows.day, windows.month, scopes.join('\n')];
        return step(scripts.buildHold, keys, [id, holder, ...figures, ...where, ...attempts]);
      }),
    );
  }
  for (const some of chunks(ledger.ended)) {
    await Promise.all(
      some.map(({ id, status, amount: { tokens, costNanoUsd } }) =>
        step(scripts.buildEnd, [reservationKey(tenant, epoch, id)], [status, tokens, costNanoUsd]),
      ),
    );
  }
}

function* chunks<One>(all: readonly One[]): Iterable<readonly One[]> {
  for (let first = 0; first < all.length; first += CHUNK) yield all.slice(first, first + CHUNK);
}
