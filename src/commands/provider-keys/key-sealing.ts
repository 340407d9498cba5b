import type { InTenant } from '#commands/in-tenant.ts';
import { noneIfErased } from '#commands/none-if-erased.ts';
import type { Sealer } from '#commands/ports.ts';
import type { ProviderId, TenantId } from '#domain/ids.ts';
import type { SetKey } from '#domain/provider-key/decide.ts';
import { keySubject } from '#domain/provider-key/events.ts';

export type KeySealing = {
  /** Throws `SubjectErased` where that key was sealed once and is gone. */
  seal(
    tenant: TenantId,
    key: { sealedWith: string; providerId: ProviderId },
    text: string,
  ): Promise<Uint8Array>;
  /** The key as it was set, or `undefined` when it was revoked or replaced meanwhile. Never log it. */
  open(tenant: TenantId, key: SetKey): Promise<string | undefined>;
};

/** Seals keys of providers, each with a key of its own, so that revoking one destroys it. */
export function keySealing(ports: {
  readonly sealer: Pick<Sealer, 'keyFor'>;
  readonly inTenant: InTenant;
}): KeySealing {
  const keyOf = (tenant: TenantId, sealedWith: string) =>
    ports.inTenant(tenant, () => ports.sealer.keyFor(tenant, keySubject(sealedWith)));

  return {
    seal: async (tenant, { sealedWith, providerId }, text) => {
      const key = await keyOf(tenant, sealedWith);
      return key.sealBytes(nameOf(tenant, providerId), new TextEncoder().encode(text));
    },
    open: async (tenant, { sealedWith, providerId, sealed }) => {
      const key = await keyOf(tenant, sealedWith).catch(noneIfErased);
      const plain = key?.openBytes(nameOf(tenant, providerId), sealed);
      return plain && new TextDecoder().decode(plain);
    },
  };
}

/** Bound to its place: bytes that were moved to another provider's stream do not open. */
const nameOf = (tenant: TenantId, provider: ProviderId) => `provider key ${tenant} ${provider}`;
