import type { MemberId, PlanId } from '#domain/ids.ts';
import { withoutUndefined } from '#domain/without-undefined.ts';
import type { TenantEvent } from './events.ts';

type TenantSettings = {
  readonly name: string;
  readonly plan: PlanId;
  readonly timeZone: string;
  readonly region?: string | undefined;
  readonly packs: readonly string[];
};

/** What is known of one owner, up to a revision of the member's stream; older news change nothing. */
type Ownership = { readonly listed: boolean; readonly revision: number };

export type RegisteredTenant = {
  readonly status: 'active' | 'suspended' | 'offboarded';
  readonly settings: TenantSettings;
  readonly owners: ReadonlyMap<MemberId, Ownership>;
};

export type Tenant = { readonly status: 'missing' } | RegisteredTenant;

export const initialState: Tenant = { status: 'missing' };

export function evolve(state: Tenant, event: TenantEvent): Tenant {
  if (event.type === 'TenantRegistered') {
    const { tenantId: _, ...settings } = event.data;
    return { status: 'active', settings, owners: new Map() };
  }
  return state.status === 'missing' ? state : evolveRegistered(state, event);
}

function evolveRegistered(
  tenant: RegisteredTenant,
  event: Exclude<TenantEvent, { type: 'TenantRegistered' }>,
): RegisteredTenant {
  switch (event.type) {
    case 'TenantUpdated':
    case 'TenantPlanned':
      return { ...tenant, settings: { ...tenant.settings, ...withoutUndefined(event.data) } };
    case 'TenantSuspended':
      return { ...tenant, status: 'suspended' };
    case 'TenantResumed':
      return { ...tenant, status: 'active' };
    case 'TenantOffboarded':
      return { ...tenant, status: 'offboarded' };
    case 'OwnerListed':
    case 'OwnerReleased': {
      const { memberId, revision } = event.data;
      const listed = event.type === 'OwnerListed';
      return { ...tenant, owners: new Map(tenant.owners).set(memberId, { listed, revision }) };
    }
  }
}
