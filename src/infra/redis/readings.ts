import type { Admission, Books, ExpiredHold } from '#commands/admission.ts';
import type { Amount } from '#domain/amount.ts';
import { driftOf } from '#domain/budget/drift.ts';
import type { ReservationId } from '#domain/budget/ids.ts';
import { totalsIn } from '#domain/budget/ledger.ts';
import type { Scope } from '#domain/budget/limits.ts';
import type { TenantId } from '#domain/ids.ts';
import { amountOf, fieldsOf } from './answers.ts';
import type { RedisConnection } from './connection.ts';
import type { Epochs } from './epochs.ts';
import { epochKey, leasesKey, reservationKey, underWayKey, windowKey } from './keys.ts';
import { scripts } from './scripts.ts';

type Readings = Pick<Admission, 'expired' | 'state' | 'compare'>;

/** What is asked of the counters and changes nothing. */
export function readings(redis: RedisConnection, epochs: Epochs, books: Books): Readings {
  const hashes = async (tenant: TenantId, keysIn: (epoch: string) => readonly string[]) => {
    const { reply } = await epochs.within(
      tenant,
      async (epoch) => await redis.run(scripts.read, [epochKey(tenant), ...keysIn(epoch)], [epoch]),
    );
    return reply.slice(1).map(fieldsOf);
  };

  return {
    expired: async (tenant, limit) => {
      const { reply } = await epochs.within(
        tenant,
        async (epoch) =>
          await redis.run(
            scripts.expired,
            [epochKey(tenant), leasesKey(tenant, epoch)],
            [epoch, limit],
          ),
      );
      const ids = reply.slice(1).map((id) => String(id) as ReservationId);
      const found = await hashes(tenant, (epoch) =>
        ids.map((id) => reservationKey(tenant, epoch, id)),
      );
      return ids.flatMap((id, index) => expiredHold(tenant, id, found[index]));
    },
    state: async ({ tenant, windows, scopes }) => {
      const { reply } = await epochs.within(
        tenant,
        async (epoch) =>
          await redis.run(
            scripts.usage,
            [
              epochKey(tenant),
              windowKey(tenant, epoch, windows.day),
              windowKey(tenant, epoch, windows.month),
              underWayKey(tenant, epoch),
            ],
            [epoch, ...scopes],
          ),
      );
      return new Map(scopes.map((scope, index) => [scope, usageOf(reply.slice(1 + 9 * index))]));
    },
    compare: async (tenant, windows) => {
      const ledger = await books.read(tenant);
      const found = await hashes(tenant, (epoch) =>
        windows.map((window) => windowKey(tenant, epoch, window)),
      );
      return windows.flatMap((window, index) =>
        driftOf(window, totalsOf(found[index]), totalsIn(window, ledger)),
      );
    },
  };
}

/** None where it ended between the two questions. */
function expiredHold(
  tenant: TenantId,
  id: ReservationId,
  hold: ReadonlyMap<string, string> = new Map(),
): ExpiredHold[] {
  if (hold.get('status') !== 'held') return [];
  const windows = { day: hold.get('day') ?? '', month: hold.get('month') ?? '' };
  return [
    {
      reservation: { tenant, id, windows },
      holder: hold.get('holder') ?? '',
      amount: amountOf(hold.get('tokens'), hold.get('cost')),
      expiredAt: Number(hold.get('expires')),
    },
  ];
}

/** In the order in which `usage.lua` answers. */
function usageOf(figures: readonly unknown[]) {
  const amount = (at: number) => amountOf(figures[at], figures[at + 1]);
  return {
    settled: { day: amount(0), month: amount(4) },
    held: { day: amount(2), month: amount(6) },
    open: Number(figures[8]),
  };
}

/** Settled and held together. Fields read `settled/tokens/<scope>`. */
function totalsOf(window: ReadonlyMap<string, string> = new Map()): Map<Scope, Amount> {
  const totals = new Map<Scope, Amount>();
  for (const [field, figure] of window) {
    const [, kind = '', ...scope] = field.split('/');
    const name = scope.join('/') as Scope;
    const { tokens, costNanoUsd } = totals.get(name) ?? { tokens: 0, costNanoUsd: 0 };
    const [isTokens, value] = [kind === 'tokens', Number(figure)];
    totals.set(name, {
      tokens: tokens + (isTokens ? value : 0),
      costNanoUsd: costNanoUsd + (isTokens ? 0 : value),
    });
  }
  return totals;
}
