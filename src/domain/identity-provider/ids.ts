import { type IdentityProviderId, type MemberId, type TenantId, derivedUuid } from '#domain/ids.ts';

/** A person as an issuer knows them: OpenID Connect promises that this pair never names another. */
export type Identity = { readonly issuer: string; readonly subject: string };

/** Follows from what every token says, so that no view has to be asked which provider it is of. */
export const identityProviderIdOf = (tenant: TenantId, issuer: string): IdentityProviderId =>
  derivedUuid('identity-provider', tenant, issuer) as IdentityProviderId;

/** Two processes that see somebody first in the same moment meet at this stream, and one makes it. */
export const memberOfIdentity = (tenant: TenantId, { issuer, subject }: Identity): MemberId =>
  derivedUuid('identity', tenant, issuer, subject) as MemberId;
