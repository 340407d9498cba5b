import type { History } from '#commands/history.ts';
import type { InTenant } from '#commands/in-tenant.ts';
import type { Sealer } from '#commands/ports.ts';
import type { Reaction } from '#commands/reaction.ts';
import type { ProviderKey } from '#domain/provider-key/decide.ts';
import { type ProviderKeyEvent, keySubject } from '#domain/provider-key/events.ts';
import { partsOf } from '#domain/stream.ts';

/**
 * Makes a key unreadable for ever once another has taken its place, or it was revoked. As a
 * reaction, because a process may end between the event and this.
 */
export const destroyReplacedKey = (ports: {
  readonly providerKeyHistory: Pick<History<ProviderKey, ProviderKeyEvent>, 'event'>;
  readonly sealer: Pick<Sealer, 'destroy'>;
  readonly inTenant: InTenant;
}): Reaction => ({
  name: 'destroy-replaced-provider-key',
  reactsTo: ['ProviderKeySet', 'ProviderKeyRevoked'],
  react: async ({ header: { tenant, stream, revision } }) => {
    if (revision === 0) return;
    const id = partsOf(stream)!.id;
    const before = await ports.providerKeyHistory.event(tenant, id, revision - 1);
    if (before?.type !== 'ProviderKeySet') return;
    const subject = keySubject(before.data.sealedWith);
    await ports.inTenant(tenant, () => ports.sealer.destroy(tenant, subject));
  },
});
