import type { Admission, ReadLedger } from '#commands/admission.ts';
import { ledgerTotals } from '#commands/ledger-totals.ts';
import type { Clock } from '#commands/ports.ts';
import { driftOf } from '#domain/budget/drift.ts';
import { assertClaims, assertCountable } from '#domain/budget/limits.ts';
import type { TenantId } from '#domain/ids.ts';
import { type TenantCounters, tenantCounters } from './tenant-counters.ts';

type Ports = { readonly clock: Pick<Clock, 'now'>; readonly readLedger: ReadLedger };

/**
 * Counters of the one process of an embedded server. They are gone when it ends, and built from
 * the log when a tenant is first asked about.
 */
export function memoryAdmission({ clock, readLedger }: Ports): Admission {
  const tenants = new Map<TenantId, Promise<TenantCounters>>();
  const now = () => clock.now().getTime();

  const build = async (tenant: TenantId): Promise<TenantCounters> => {
    // Set before the log is read: whoever comes meanwhile waits, and is counted in what is built.
    const built = readLedger(tenant).then((ledger) => tenantCounters(tenant, ledger, now()));
    tenants.set(tenant, built);
    built.catch(() => {
      if (tenants.get(tenant) === built) tenants.delete(tenant);
    });
    return await built;
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
    confirm: async (request) => {
      assertCountable(request.amount);
      assertClaims(request.claims);
      return await within(request.tenant, ({ confirm }) => confirm(request, now()));
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
      const ledger = await readLedger(tenant);
      return await within(tenant, ({ totals }) =>
        windows.flatMap((window) => driftOf(window, totals(window), ledgerTotals(ledger, window))),
      );
    },
  };
}
