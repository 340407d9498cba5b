import type { InTenant } from '#commands/in-tenant.ts';
import { noneIfErased } from '#commands/none-if-erased.ts';
import type { Sealer } from '#commands/ports.ts';
import type { TenantId } from '#domain/ids.ts';
import type { ListeningWebhook } from '#domain/webhook/decide.ts';
import { secretSubject } from '#domain/webhook/events.ts';

export type WebhookSecrets = ReturnType<typeof webhookSecrets>;

/** Seals what webhooks are signed with, each with a key of its own. Never log what `open` answers. */
export function webhookSecrets(ports: {
  readonly sealer: Pick<Sealer, 'keyFor'>;
  readonly inTenant: InTenant;
}) {
  const keyOf = (tenant: TenantId, sealedWith: string) =>
    ports.inTenant(tenant, () => ports.sealer.keyFor(tenant, secretSubject(sealedWith)));
  const nameOf = (tenant: TenantId, sealedWith: string) => `webhook secret ${tenant} ${sealedWith}`;

  return {
    seal: async (tenant: TenantId, sealedWith: string, secret: string): Promise<Uint8Array> =>
      (await keyOf(tenant, sealedWith)).sealBytes(
        nameOf(tenant, sealedWith),
        new TextEncoder().encode(secret),
      ),
    /** `undefined` where the key is gone. */
    open: async (
      tenant: TenantId,
      { sealedWith, sealed }: ListeningWebhook,
    ): Promise<string | undefined> => {
      const key = await keyOf(tenant, sealedWith).catch(noneIfErased);
      const plain = key?.openBytes(nameOf(tenant, sealedWith), sealed);
      return plain && new TextDecoder().decode(plain);
    },
  };
}
