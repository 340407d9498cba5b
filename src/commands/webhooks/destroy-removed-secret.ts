import type { History } from '#commands/history.ts';
import type { InTenant } from '#commands/in-tenant.ts';
import type { Sealer } from '#commands/ports.ts';
import type { Reaction } from '#commands/reaction.ts';
import { partsOf } from '#domain/stream.ts';
import type { Webhook } from '#domain/webhook/decide.ts';
import { type WebhookEvent, secretSubject } from '#domain/webhook/events.ts';

/**
 * Makes what a removed webhook was signed with unreadable for ever. As a reaction, because a process
 * may end between the event and this.
 */
export const destroyRemovedSecret = (ports: {
  readonly webhookHistory: Pick<History<Webhook, WebhookEvent>, 'event'>;
  readonly sealer: Pick<Sealer, 'destroy'>;
  readonly inTenant: InTenant;
}): Reaction => ({
  name: 'destroy-removed-webhook-secret',
  reactsTo: ['WebhookRemoved'],
  react: async ({ header: { tenant, stream, revision } }) => {
    const id = partsOf(stream)!.id;
    const before = await ports.webhookHistory.event(tenant, id, revision - 1);
    if (before?.type !== 'WebhookCreated') return;
    const subject = secretSubject(before.data.sealedWith);
    await ports.inTenant(tenant, () => ports.sealer.destroy(tenant, subject));
  },
});
