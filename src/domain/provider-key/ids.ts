import { type ProviderId, type ProviderKeyId, type TenantId, derivedUuid } from '#domain/ids.ts';

/** A tenant has one key for each provider, and the platform another one for all tenants. */
export const providerKeyIdOf = (tenant: TenantId, provider: ProviderId): ProviderKeyId =>
  derivedUuid('provider-key', tenant, provider) as ProviderKeyId;
