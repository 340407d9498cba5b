import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aggregates } from '#api/aggregates.ts';
import { requestBecauseOf } from '#commands/reaction.ts';
import { createWebhook } from '#commands/webhooks/create-webhook.ts';
import { destroyRemovedSecret } from '#commands/webhooks/destroy-removed-secret.ts';
import { webhookSecrets } from '#commands/webhooks/webhook-secrets.ts';
import type { ListeningWebhook } from '#domain/webhook/decide.ts';
import type { WebhookId } from '#domain/webhook/ids.ts';
import { systemIds } from '#infra/system/ids.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import { request, world } from '#test/support/command-path.ts';
import { acme, principal } from '#test/support/given.ts';

const SECRET = 'whsec_c2VjcmV0LW9mLWFjbWUtMDEyMzQ1Njc4OQ==';
const mayBe = { isInPlan: true, isAllowed: true, hasRoom: true };
const byOwner = () => request({ principal: principal('olivia', 'owner') });

function webhooksOf() {
  const shared = world();
  const warn = (message: string, error: unknown) => {
    throw new Error(message, { cause: error });
  };
  const { webhooks } = aggregates({ ...shared, ids: systemIds, warn });
  const ports = { sealer: shared.sealer, inTenant: runAsTenant };
  const secrets = webhookSecrets(ports);
  const reaction = destroyRemovedSecret({ ...ports, webhookHistory: webhooks.history });
  const create = createWebhook({ webhooks: webhooks.handle, secrets });
  return {
    create: (host: string, as = byOwner()) =>
      create({ url: `https://${host}/in`, ...mayBe }, SECRET, as),
    listening: async (id: WebhookId) =>
      (await webhooks.history.newest(acme, id)).state as ListeningWebhook,
    opened: (one: ListeningWebhook) => secrets.open(acme, one),
    remove: (id: WebhookId) => webhooks.handle(id, { type: 'RemoveWebhook' }, byOwner()),
    /** What a worker does with every event there is. */
    react: async () => {
      for (const event of await shared.log.readAll({ after: 0n, limit: 100 })) {
        if (!reaction.reactsTo.includes(event.header.type)) continue;
        await reaction.react(event, requestBecauseOf(event, reaction.name));
      }
    },
  };
}

test('the secret of a removed webhook is destroyed, and that of another is not', async () => {
  const { create, listening, opened, remove, react } = webhooksOf();
  const removed = await create('gone.example.com');
  const kept = await create('kept.example.com');
  const before = await listening(removed.id);
  await remove(removed.id);
  assert.equal(await opened(before), SECRET);
  for (let times = 0; times < 2; times += 1) await react();
  assert.equal(await opened(before), undefined);
  assert.equal(await opened(await listening(kept.id)), SECRET);
});

test('a repeated request makes no webhook, also after it was removed and its secret destroyed', async () => {
  const { create, remove, react } = webhooksOf();
  const asked = byOwner();
  const first = await create('gone.example.com', asked);
  await remove(first.id);
  await react();
  const second = await create('gone.example.com', asked);
  assert.deepEqual([second.id, second.outcome.repeated], [first.id, true]);
});
