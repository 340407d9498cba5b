import type { JoinBySignIn } from '#domain/member/join.ts';
import {
  type Claims,
  profileFrom,
  rolesFromClaims,
  subjectOf,
  tenantNamedBy,
} from '#domain/identity-provider/claims.ts';
import { identityProviderIdOf, memberOfIdentity } from '#domain/identity-provider/ids.ts';
import type { RegisteredProvider } from '#domain/identity-provider/state.ts';
import type { GroupId, IdentityProviderId, MemberId, TenantId } from '#domain/ids.ts';
import { type Member, rolesAtSignIn } from '#domain/member/state.ts';
import { Rejected } from '#domain/rejected.ts';
import type { Principal } from '#domain/rights.ts';
import { KeysUnavailable } from '#infra/oidc/keys-unavailable.ts';
import { type TokenVerifier, unverifiedClaims } from '#infra/oidc/token-verifier.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import type { Aggregates } from './aggregates.ts';
import type { SignInRefusal, SignInRefusals } from './sign-in-refusals.ts';

export type SignInPorts = {
  readonly aggregates: Pick<Aggregates, 'identityProviders' | 'members' | 'tenants'>;
  readonly groupsOf: (tenant: TenantId, member: MemberId) => Promise<readonly GroupId[]>;
  readonly verify: TokenVerifier;
  readonly join: (tenant: TenantId, joining: Omit<JoinBySignIn, 'type'>) => Promise<Member>;
  readonly refusals: Pick<SignInRefusals, 'count'>;
};

type Provider = RegisteredProvider & { readonly tenant: TenantId; readonly id: IdentityProviderId };

class SignInRefused extends Error {
  readonly reason: SignInRefusal;

  constructor(reason: SignInRefusal) {
    super(reason);
    this.reason = reason;
  }
}

/**
 * Who comes with an access token. The token names its tenant, tenant and issuer name the provider,
 * issuer and subject name the member: three streams, no view, and nothing that two processes
 * could see differently. A first sign-in makes the member where the provider admits new people.
 */
export function signIn(ports: SignInPorts): (token: string) => Promise<Principal | undefined> {
  const { identityProviders, members, tenants } = ports.aggregates;

  /** Nothing is known to be true yet: it only says which provider's keys to ask. */
  async function providerOf(token: string): Promise<Provider> {
    const claims = unverifiedClaims(token);
    if (!claims) throw new SignInRefused('malformed');
    const tenant = tenantNamedBy(claims);
    if (tenant === undefined) throw new SignInRefused('tenant');
    const { iss: issuer } = claims;
    if (typeof issuer !== 'string') throw new SignInRefused('issuer');
    const id = identityProviderIdOf(tenant, issuer);
    const { state } = await identityProviders.history.newest(tenant, id);
    // A removed provider and one that never was are the same thing.
    if (state.status !== 'registered') throw new SignInRefused('issuer');
    return { ...state, tenant, id };
  }

  async function memberBehind(provider: Provider, claims: Claims): Promise<Principal> {
    const { tenant, id, issuer } = provider;
    const subject = subjectOf(claims);
    if (subject === undefined) throw new SignInRefused('claims');
    const roles = rolesFromClaims(provider, claims);
    if (roles.length === 0) throw new SignInRefused('no-roles');
    const identity = { issuer, subject };
    const member = memberOfIdentity(tenant, identity);
    const [{ state: known }, { state: owner }, groups] = await Promise.all([
      members.history.newest(tenant, member),
      tenants.history.newest(tenant, tenant),
      ports.groupsOf(tenant, member),
    ]);
    if (owner.status === 'suspended') throw new Rejected('tenant/suspended');
    if (owner.status !== 'active') throw new SignInRefused('tenant');
    const isNew = known.status === 'missing';
    if (isNew && !provider.admitsNew) throw new SignInRefused('not-a-member');
    const state = isNew
      ? await ports.join(tenant, { ...profileFrom(claims), roles, provider: id, identity })
      : known;
    const atUse = rolesAtSignIn(state, roles);
    if (state.status !== 'active') throw new SignInRefused('deactivated');
    if (atUse.length === 0) throw new SignInRefused('no-roles');
    return { tenant, member, roles: atUse, groups };
  }

  return async (token) => {
    let provider: Provider | undefined;
    try {
      provider = await providerOf(token);
      const found = provider;
      const verified = await ports.verify(token, found);
      if ('refused' in verified) throw new SignInRefused(verified.refused);
      return await runAsTenant(found.tenant, () => memberBehind(found, verified.claims));
    } catch (error) {
      if (error instanceof KeysUnavailable) ports.refusals.count('keys-unavailable', provider);
      if (!(error instanceof SignInRefused)) throw error;
      ports.refusals.count(error.reason, provider);
      return undefined;
    }
  };
}
