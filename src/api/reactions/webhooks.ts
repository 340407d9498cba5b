import type { CommandMeta } from '#api/deps.ts';
import type { Clock, Ids, Sealer } from '#commands/ports.ts';
import { createWebhook } from '#commands/webhooks/create-webhook.ts';
import { destroyRemovedSecret } from '#commands/webhooks/destroy-removed-secret.ts';
import { deliverAlert } from '#commands/webhooks/deliver-alert.ts';
import { RETRIES } from '#commands/webhooks/job-queue.ts';
import { sendAlerts } from '#commands/webhooks/send-alerts.ts';
import { webhookSecrets } from '#commands/webhooks/webhook-secrets.ts';
import { PLATFORM, type TenantId } from '#domain/ids.ts';
import type { WebhookId } from '#domain/webhook/ids.ts';
import { MOST_WEBHOOKS } from '#domain/webhook/decide.ts';
import { bullmqQueue } from '#infra/jobs/bullmq-queue.ts';
import { memoryQueue } from '#infra/jobs/memory-queue.ts';
import { outboundAddresses } from '#infra/outbound/outbound-addresses.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import { postWebhook } from '#infra/webhooks/post-webhook.ts';
import type { Aggregates } from '#api/aggregates.ts';
import type { Config } from '#api/config.ts';
import { webhookRoutes } from '#api/routes/webhooks.ts';
import type { viewQueries } from '#api/view-queries.ts';

const SECRET_BYTES = 32;
const LOOK_EVERY_MS = 30_000;

/** Alerts on their way to the addresses that tenants gave. */
export function webhooks(ports: {
  readonly streams: Aggregates;
  readonly queries: Pick<ReturnType<typeof viewQueries>, 'webhooks' | 'deliveries'>;
  readonly featuresOf: (tenant: TenantId) => Promise<readonly string[]>;
  readonly config: Pick<Config, 'redisUrl' | 'privateWebhooks'>;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly warn: (message: string, error?: unknown) => void;
}) {
  const { streams, queries, featuresOf, config, sealer, clock, ids, warn } = ports;
  const { redisUrl, privateWebhooks } = config;
  const addresses = outboundAddresses(privateWebhooks);
  const isInPlan = async (tenant: TenantId) => (await featuresOf(tenant)).includes('webhooks');
  const secrets = webhookSecrets({ sealer, inTenant: runAsTenant });
  const create = createWebhook({ webhooks: streams.webhooks.handle, secrets });
  const queue =
    redisUrl === undefined
      ? memoryQueue({
          clock,
          ids,
          retries: RETRIES,
          onError: (error) => warn('a delivery is tried again', error),
        })
      : bullmqQueue({ redisUrl, retries: RETRIES, clock, report: warn });

  const deliver = deliverAlert({
    deliveries: streams.deliveries.handle,
    deliveryHistory: streams.deliveries.history,
    webhookHistory: streams.webhooks.history,
    alertHistory: streams.alerts.history,
    secrets,
    post: postWebhook(addresses, clock),
    isInPlan,
  });

  const stop = new AbortController();
  let looking: Promise<void> | undefined;
  const addDue = async () => {
    for (const job of await runAsTenant(PLATFORM, queries.deliveries.due)) await queue.add(job);
  };
  /** A queue may have forgotten what was due when a process or Redis ended. */
  const look = async () => {
    while (!stop.signal.aborted) {
      await addDue().catch((error: unknown) => warn('what is due is looked for again', error));
      await clock.sleep(LOOK_EVERY_MS, stop.signal);
    }
  };

  return {
    reactions: [
      sendAlerts({
        deliveries: streams.deliveries.handle,
        webhooksOf: async (tenant) =>
          (await runAsTenant(tenant, () => queries.webhooks.list(tenant))).map(({ id }) => id),
        queue,
      }),
      destroyRemovedSecret({
        webhookHistory: streams.webhooks.history,
        sealer,
        inTenant: runAsTenant,
      }),
    ],
    dataRoutes: [
      webhookRoutes({
        create: async (url: string, secret: string, meta: CommandMeta) => {
          const isAllowed = addresses.allows(new URL(url));
          const others = await queries.webhooks.list(meta.tenant);
          const asked = {
            url,
            isInPlan: await isInPlan(meta.tenant),
            isAllowed,
            hasRoom: others.length < MOST_WEBHOOKS,
          };
          return await create(asked, secret, meta);
        },
        newSecret: () => `whsec_${Buffer.from(ids.bytes(SECRET_BYTES)).toString('base64')}`,
        handle: streams.webhooks.handle,
        wasMade: async (tenant: TenantId, id: WebhookId) =>
          (await streams.webhooks.history.newest(tenant, id)).state.status !== 'missing',
        view: { list: queries.webhooks.list, deliveries: queries.deliveries.to },
      }),
    ],
    start: (): void => {
      queue.start(async (job, attempt) =>
        runAsTenant(job.tenant, async () => await deliver(job, attempt)),
      );
      looking = look();
    },
    stop: async (): Promise<void> => {
      stop.abort();
      await looking;
      await queue.stop();
    },
  };
}
