import type { Admission, Books } from '#commands/admission.ts';
import type { Clock, Ids } from '#commands/ports.ts';
import { driftOf } from '#domain/budget/drift.ts';
import { totalsIn } from '#domain/budget/ledger.ts';
import { assertClaims, assertCountable } from '#domain/budget/limits.ts';
import type { TenantId } from '#domain/ids.ts';
import { type TenantCounters, tenantCounters } from './tenant-counters.ts';

type Ports = {
  readonly clock: Pick<Clock, 'now'>;
  readonly ids: Pick<Ids, 'uuid'>;
  readonly books: Books;
};

/**
 * Counters of the one process of an embedded server. They are gone when it ends, and built from
 * the log when a tenant is first asked about.
 */
export function memoryAdmission({ clock, ids, books }: Ports): Admission {
  const tenants = new Map<TenantId, Promise<TenantCounters>>();
  const now = () => clock.now().getTime();

  const built = async (tenant: TenantId, before?: Promise<unknown>): Promise<TenantCounters> => {
    // One after the other: an epoch that begins while another is begun supersedes it.
    await before?.catch(() => undefined);
    const epoch = ids.uuid();
    const ledger = await (await books.beginEpoch(tenant))(epoch);
    return tenantCounters({ tenant, epoch, ledger, builtAt: now() });
  };
  const build = (tenant: TenantId): Promise<TenantCounters> => {
    const building = built(tenant, tenants.get(tenant));
    // Set before the log is read: whoever comes meanwhile waits for what is built from it.
    tenants.set(tenant, building);
    building.catch(() => {
      if (tenants.get(tenant) === building) tenants.delete(tenant);
    });
    return building;
  };

  /** Waits for the counters of now: those that were waited for may have been replaced meanwhile. */
  const within = async <Answer>(
    tenant: TenantId,
    step: (counters: TenantCounters) => Answer,
  ): Promise<Answer> => {
    for (;;) {
      const current = tenants.get(tenant) ?? build(tenant);
      const counters = await current;
      if (tenants.get(tenant) === current) return step(counters);
    }
  };

  return {
    reserve: async (request) => {
      assertCountable(request.amount);
      assertClaims(request.claims);
      return await within(request.tenant, (counters) => counters.reserve(request, now()));
    },
    confirm: async ({ reservation: { tenant, id }, holder, amount }) => {
      assertCountable(amount);
      return await within(tenant, ({ confirm }) => confirm(id, holder, amount, now()));
    },
    renew: async ({ reservation: { tenant, id }, holder, leaseMs }) =>
      await within(tenant, ({ renew }) => renew(id, holder, leaseMs, now())),
    topUp: async (request) => {
      assertCountable(request.amount);
      assertClaims(request.claims);
      return await within(request.tenant, (counters) => counters.topUp(request, now()));
    },
    settle: async (reservation, actual) => {
      assertCountable(actual);
      return await within(reservation.tenant, ({ settle }) => settle(reservation, actual, now()));
    },
    release: async (reservation) =>
      await within(reservation.tenant, ({ release }) => release(reservation, now())),
    expired: async (tenant, limit) =>
      await within(tenant, (counters) => counters.expired(now(), limit)),
    state: async ({ tenant, windows, scopes }) =>
      await within(
        tenant,
        ({ usage }) => new Map(scopes.map((scope) => [scope, usage(windows, scope)])),
      ),
    rebuild: async (tenant) => void (await build(tenant)),
    compare: async (tenant, windows) => {
      const ledger = await books.read(tenant);
      return await within(tenant, ({ totals }) =>
        windows.flatMap((window) => driftOf(window, totals(window), totalsIn(window, ledger))),
      );
    },
  };
}
