import { LRUCache } from 'lru-cache';
import type { Filter, FilterFor } from '#commands/filter/filter-port.ts';
import { makeFilter } from '#commands/filter/make-filter.ts';
import type { Clock } from '#commands/ports.ts';
import { type PolicyInForce, policyVersionOf } from '#domain/compliance/policy/rules-in-force.ts';
import { shippedPolicy } from '#domain/compliance/policy/shipped-policy.ts';
import type { PolicyId, TenantId } from '#domain/ids.ts';
import { denyListDetector } from './deny-lists.ts';
import { secretsDetector } from './secrets.ts';

type Listed = { readonly id: PolicyId; readonly version: number; readonly inForce: boolean };
type Ports = {
  /** Every policy of a tenant, without what it says. */
  readonly listed: (tenant: TenantId) => Promise<readonly Listed[]>;
  readonly find: (
    tenant: TenantId,
    id: PolicyId,
  ) => Promise<Pick<PolicyInForce, 'version' | 'detectors'> | undefined>;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
};

/** What a tenant asks for in one second is answered by one look at its policies. */
const LOOK_EVERY_MS = 1_000;
const MOST_TENANTS = 500;

type Known = { readonly versions: string; readonly filter: Filter };
type Looked = { readonly known: Promise<Known>; readonly until: number };

/**
 * Makes each tenant's filter when it is asked for, and again when the tenant's policies have
 * changed. A policy that cannot be read is an error and never an empty filter.
 */
export function tenantFilters({ listed, find, clock }: Ports): FilterFor {
  const looked = new LRUCache<TenantId, Looked>({ max: MOST_TENANTS });

  const make = async (tenant: TenantId, all: readonly Listed[]): Promise<Filter> => {
    const policies: PolicyInForce[] = [];
    if (!all.some(({ id }) => id === shippedPolicy.policyId)) policies.push(shippedPolicy);
    for (const { id, inForce } of all) {
      const found = inForce ? await find(tenant, id) : undefined;
      if (found !== undefined) policies.push({ policyId: id, ...found });
    }
    return makeFilter({
      quick: [secretsDetector(policies), denyListDetector(policies)],
      slow: [],
      policyVersion: policyVersionOf(policies),
      clock,
    });
  };

  const look = async (tenant: TenantId, before: Known | undefined): Promise<Known> => {
    const all = await listed(tenant);
    const versions = all.map(({ id, version, inForce }) => `${id}.${version}.${inForce}`).join();
    if (before?.versions === versions) return before;
    return { versions, filter: await make(tenant, all) };
  };

  return async (tenant) => {
    const now = clock.now().getTime();
    const last = looked.get(tenant);
    // A clock that was set back must not lengthen a policy's life.
    if (last !== undefined && last.until > now && last.until <= now + LOOK_EVERY_MS) {
      return (await last.known).filter;
    }
    const before = await last?.known.catch(() => undefined);
    const known = look(tenant, before);
    const entry = { known, until: now + LOOK_EVERY_MS };
    looked.set(tenant, entry);
    known.catch(() => looked.peek(tenant) === entry && looked.delete(tenant));
    return (await known).filter;
  };
}
