import type { Aggregate } from '#domain/aggregate.ts';
import type { DecisionContext } from '#domain/decider.ts';
import { isSame } from '#domain/is-same.ts';
import { Rejected } from '#domain/rejected.ts';
import { type Principal, type TenantRole, assertMay, assertMayGrant } from '#domain/rights.ts';
import { withoutUndefined } from '#domain/without-undefined.ts';
import { tenantOfAudience } from './claims.ts';
import { type IdentityProviderEvent, identityProviderEvents } from './events.ts';
import {
  type IdentityProvider,
  type ProviderSettings,
  type RegisteredProvider,
  evolve,
  initialState,
} from './state.ts';

type RegisterIdentityProvider = ProviderSettings & {
  readonly type: 'RegisterIdentityProvider';
  readonly issuer: string;
  /** Whether this server may talk to the issuer at all, which its operator decides. */
  readonly issuerAllowed: boolean;
};
type ChangeIdentityProvider = {
  readonly type: 'ChangeIdentityProvider';
} & { readonly [Setting in keyof ProviderSettings]?: ProviderSettings[Setting] | undefined };
type RemoveIdentityProvider = { readonly type: 'RemoveIdentityProvider' };
/** Sign-ins that were refused in one minute: a flood cannot fill the log. */
type SummariseSignIns = {
  readonly type: 'SummariseSignIns';
  readonly minute: string;
  readonly refused: Readonly<Record<string, number>>;
};
export type IdentityProviderCommand =
  | RegisterIdentityProvider
  | ChangeIdentityProvider
  | RemoveIdentityProvider
  | SummariseSignIns;

function decide(
  command: IdentityProviderCommand,
  state: IdentityProvider,
  { principal }: DecisionContext,
): IdentityProviderEvent[] {
  // Needs no right: it is Palimpsest that counts.
  if (command.type === 'SummariseSignIns') return summarise(command, state);
  assertMay(principal, 'identity-provider.manage');
  switch (command.type) {
    case 'RegisterIdentityProvider':
      return register(command, state, principal);
    case 'ChangeIdentityProvider':
      return change(command, mustBeRegistered(state), principal);
    case 'RemoveIdentityProvider':
      if (state.status === 'removed') return [];
      assertMayGrant(principal, everyRoleOf(mustBeRegistered(state)));
      return [{ type: 'IdentityProviderRemoved', data: {} }];
  }
}

function register(
  command: RegisterIdentityProvider,
  state: IdentityProvider,
  principal: Principal,
): IdentityProviderEvent[] {
  const { issuer, issuerAllowed } = command;
  const data = { issuer, ...inOrder(command) };
  mustBeGrantable(data, principal);
  if (!issuerAllowed) throw new Rejected('identity-provider/issuer-not-allowed');
  if (state.status === 'registered') {
    const { status: _, summarisedUpTo: __, ...known } = state;
    if (isSame(data, known)) return [];
    throw new Rejected('identity-provider/already-exists');
  }
  return [{ type: 'IdentityProviderRegistered', data }];
}

function change(
  command: ChangeIdentityProvider,
  provider: RegisteredProvider,
  principal: Principal,
): IdentityProviderEvent[] {
  // An admin who could move an owner's rule to another claim would make an owner.
  assertMayGrant(principal, everyRoleOf(provider));
  const { audience, rules, defaultRoles, admitsNew } = provider;
  const known = { audience, rules, defaultRoles, admitsNew };
  const { type: _, ...wanted } = command;
  const whole = inOrder({ ...known, ...withoutUndefined(wanted) });
  mustBeGrantable(whole, principal);
  const changed = Object.entries(whole).filter(
    ([setting, value]) => !isSame(value, known[setting as keyof ProviderSettings]),
  );
  if (changed.length === 0) return [];
  return [{ type: 'IdentityProviderChanged', data: Object.fromEntries(changed) }];
}

function summarise(
  { minute, refused }: SummariseSignIns,
  state: IdentityProvider,
): IdentityProviderEvent[] {
  if (state.status !== 'registered' || minute <= state.summarisedUpTo) return [];
  if (Object.keys(refused).length === 0) return [];
  return [{ type: 'SignInsRefused', data: { minute, refused: { ...refused } } }];
}

/** A rule gives its roles to whoever the issuer says, so nobody writes one above their own roles. */
function mustBeGrantable(settings: ProviderSettings, principal: Principal): void {
  assertMayGrant(principal, everyRoleOf(settings));
  const named = tenantOfAudience(settings.audience);
  if (named !== undefined && named !== principal.tenant) {
    throw new Rejected('identity-provider/foreign-audience');
  }
}

const everyRoleOf = ({ rules, defaultRoles }: ProviderSettings): TenantRole[] => [
  ...defaultRoles,
  ...rules.flatMap(({ roles }) => roles),
];

/** Roles each once and in one order, so that the same settings are the same. */
const inOrder = ({ audience, rules, defaultRoles, admitsNew }: ProviderSettings) => ({
  audience,
  rules: rules.map(({ claim, value, roles }) => ({
    claim: [...claim],
    value,
    roles: [...new Set(roles)].sort(),
  })),
  defaultRoles: [...new Set(defaultRoles)].sort(),
  admitsNew,
});

function mustBeRegistered(state: IdentityProvider): RegisteredProvider {
  if (state.status !== 'registered') throw new Rejected('identity-provider/not-found');
  return state;
}

export const identityProviderAggregate: Aggregate<
  IdentityProvider,
  IdentityProviderCommand,
  IdentityProviderEvent
> = {
  kind: 'identity-provider',
  decider: { initialState, decide, evolve },
  events: identityProviderEvents,
};
