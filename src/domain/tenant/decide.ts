import type { Aggregate } from '#domain/aggregate.ts';
import type { DecisionContext } from '#domain/decider.ts';
import { type MemberId, PLATFORM, type PlanId, type TenantId } from '#domain/ids.ts';
import { isSame } from '#domain/is-same.ts';
import { Rejected } from '#domain/rejected.ts';
import { type Action, assertMay, assertMayGrant } from '#domain/rights.ts';
import { withoutUndefined } from '#domain/without-undefined.ts';
import { type TenantEvent, tenantEvents } from './events.ts';
import { type RegisteredTenant, type Tenant, evolve, initialState } from './state.ts';
import { type TimeZone, UTC } from './time-zone.ts';

export type RegisterTenant = {
  readonly type: 'RegisterTenant';
  readonly tenantId: TenantId;
  readonly name: string;
  readonly plan: PlanId;
  /** Read by the caller: a plan that was published once stays, so reading it before is enough. */
  readonly planPublished: boolean;
  readonly timeZone?: TimeZone | undefined;
  readonly region?: string | undefined;
  readonly packs?: readonly string[] | undefined;
};
type UpdateTenant = {
  readonly type: 'UpdateTenant';
  readonly name?: string | undefined;
  readonly plan?: PlanId | undefined;
  readonly planPublished?: boolean | undefined;
  readonly timeZone?: TimeZone | undefined;
  readonly region?: string | undefined;
  readonly packs?: readonly string[] | undefined;
};
type SuspendTenant = {
  readonly type: 'SuspendTenant';
  readonly reason?: string | undefined;
};
type ResumeTenant = { readonly type: 'ResumeTenant' };
type OffboardTenant = {
  readonly type: 'OffboardTenant';
  readonly reason?: string | undefined;
};

/** After a member became an owner at `revision` of his stream. */
type ListOwner = {
  readonly type: 'ListOwner';
  readonly memberId: MemberId;
  readonly revision: number;
};
/** Before a member, whose stream is at `revision`, stops being an owner. */
type ReleaseOwner = {
  readonly type: 'ReleaseOwner';
  readonly memberId: MemberId;
  readonly revision: number;
};

export type TenantCommand =
  | RegisterTenant
  | UpdateTenant
  | SuspendTenant
  | ResumeTenant
  | OffboardTenant
  | ListOwner
  | ReleaseOwner;

const actionOf = {
  RegisterTenant: 'tenant.register',
  UpdateTenant: 'tenant.update',
  SuspendTenant: 'tenant.suspend',
  ResumeTenant: 'tenant.suspend',
  OffboardTenant: 'tenant.offboard',
} as const satisfies Partial<Record<TenantCommand['type'], Action>>;

function decide(
  command: TenantCommand,
  state: Tenant,
  { principal }: DecisionContext,
): TenantEvent[] {
  if (command.type === 'ListOwner' || command.type === 'ReleaseOwner') {
    assertMayGrant(principal, ['owner']);
    return decideOwnership(command, mustBeThere(state));
  }
  assertMay(principal, actionOf[command.type]);
  switch (command.type) {
    case 'RegisterTenant':
      return register(command, state);
    case 'UpdateTenant':
      return update(command, mustBeThere(state));
    case 'SuspendTenant':
      if (mustBeThere(state).status === 'suspended') return [];
      return [{ type: 'TenantSuspended', data: withoutUndefined({ reason: command.reason }) }];
    case 'ResumeTenant':
      if (mustBeThere(state).status === 'active') return [];
      return [{ type: 'TenantResumed', data: {} }];
    case 'OffboardTenant':
      if (state.status === 'offboarded') return [];
      mustBeThere(state);
      return [{ type: 'TenantOffboarded', data: withoutUndefined({ reason: command.reason }) }];
  }
}

function register(command: RegisterTenant, state: Tenant): TenantEvent[] {
  const { tenantId, name, plan, planPublished, timeZone = UTC, region, packs = [] } = command;
  if (tenantId === PLATFORM) throw new Rejected('tenant/reserved', { tenantId });
  const settings = { name, plan, timeZone, ...withoutUndefined({ region }), packs: [...packs] };
  if (state.status !== 'missing') {
    if (isSame(settings, state.settings)) return [];
    throw new Rejected('tenant/already-exists', { tenantId });
  }
  if (!planPublished) throw new Rejected('plan/not-found', { plan });
  return [{ type: 'TenantRegistered', data: { tenantId, ...settings } }];
}

function update(command: UpdateTenant, { settings }: RegisteredTenant): TenantEvent[] {
  const { type: _, plan, planPublished, packs, ...rest } = command;
  if (plan !== undefined && plan !== settings.plan && !planPublished) {
    throw new Rejected('plan/not-found', { plan });
  }
  const wanted = withoutUndefined({ ...rest, packs: packs && [...packs] });
  const changed = Object.fromEntries(
    Object.entries(wanted).filter(
      ([field, value]) => !isSame(value, settings[field as keyof typeof wanted]),
    ),
  );
  const events: TenantEvent[] = [];
  if (Object.keys(changed).length > 0) events.push({ type: 'TenantUpdated', data: changed });
  if (plan !== undefined && plan !== settings.plan) {
    events.push({ type: 'TenantPlanned', data: { plan } });
  }
  return events;
}

/**
 * The tenant's stream lists its owners, because the streams of two members could not keep both of
 * them from leaving at once. A member is listed after becoming an owner and released before
 * stopping to be one, so the list never names more owners than there are, and it is never emptied.
 */
function decideOwnership(command: ListOwner | ReleaseOwner, tenant: RegisteredTenant) {
  const { type, memberId, revision } = command;
  const known = tenant.owners.get(memberId);
  const data = { memberId, revision };
  if (type === 'ListOwner') {
    // Late news of an ownership that was released since must not bring it back.
    if (known && (known.listed || known.revision >= revision)) return [];
    return [{ type: 'OwnerListed', data } as const];
  }
  const released = known?.listed === false && known.revision === revision;
  if (released || (known && known.revision > revision)) return [];
  const others = [...tenant.owners].filter(([id, { listed }]) => listed && id !== memberId);
  if (others.length === 0) throw new Rejected('tenant/last-owner');
  return [{ type: 'OwnerReleased', data } as const];
}

function mustBeThere(state: Tenant): RegisteredTenant {
  if (state.status === 'missing') throw new Rejected('tenant/not-found');
  if (state.status === 'offboarded') throw new Rejected('tenant/offboarded');
  return state;
}

export const tenantAggregate: Aggregate<Tenant, TenantCommand, TenantEvent> = {
  kind: 'tenant',
  decider: { initialState, decide, evolve },
  events: tenantEvents,
};
