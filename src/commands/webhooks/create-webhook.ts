import type { CommandRequest, Handle, Outcome } from '#commands/handle.ts';
import { noneIfErased } from '#commands/none-if-erased.ts';
import { derivedUuid } from '#domain/ids.ts';
import { assertMay } from '#domain/rights.ts';
import type { Webhook, WebhookCommand } from '#domain/webhook/decide.ts';
import type { WebhookId } from '#domain/webhook/ids.ts';
import type { WebhookSecrets } from './webhook-secrets.ts';

export type WebhookCreated = {
  readonly id: WebhookId;
  readonly outcome: Outcome<unknown>;
};

/** Makes a webhook that is signed with this secret, which is sealed. */
export function createWebhook(ports: {
  readonly webhooks: Handle<Webhook, WebhookCommand>;
  readonly secrets: Pick<WebhookSecrets, 'seal'>;
}) {
  return async (
    asked: Pick<
      Extract<WebhookCommand, { type: 'CreateWebhook' }>,
      'url' | 'isInPlan' | 'isAllowed' | 'hasRoom'
    >,
    secret: string,
    request: CommandRequest,
  ): Promise<WebhookCreated> => {
    // Before anything is sealed: a refused request must not leave keys behind.
    assertMay(request.principal, 'webhook.manage');
    const id = derivedUuid('webhook', request.commandId) as WebhookId;
    const sealedWith = derivedUuid(request.commandId, 'sealed-with');
    const mayBe = asked.isInPlan && asked.isAllowed && asked.hasRoom;
    // Where the key is gone this is a repeat, whose webhook was removed since: nothing is written.
    const sealed = mayBe
      ? await ports.secrets.seal(request.tenant, sealedWith, secret).catch(noneIfErased)
      : undefined;
    const command = {
      type: 'CreateWebhook',
      ...asked,
      sealedWith,
      sealed: sealed ?? new Uint8Array(),
    } as const;
    return { id, outcome: await ports.webhooks(id, command, request) };
  };
}
