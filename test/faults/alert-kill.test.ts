import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { clusterNode } from '#deploy/cluster/nodes.ts';
import { tenantWith } from '#test/support/api-processes.ts';
import { freshDatabase } from '#test/support/database.ts';
import { holdEvent } from '#test/support/hold-event.ts';
import { type Caller, callerOf } from '#test/support/journey.ts';
import { startModelServer } from '#test/support/model-server/server.ts';
import { emptyHome, lastFirst, until } from '#test/support/process.ts';
import { redisServer, whereRedisIs } from '#test/support/redis.ts';
import { webhookReceiver } from '#test/support/webhook-receiver.ts';

/** Leases of a dead process end after 10 s; BullMQ gives its jobs to another after 15 to 30. */
const WITHIN_MS = 90_000;
const OPTIONS = { timeout: 170_000 };

/** One server, and a tenant that has 250 tokens a day and is told of what it uses. */
async function alertedServer(t: TestContext, env: Readonly<Record<string, string>>) {
  const hook = await webhookReceiver(t);
  const models = await startModelServer();
  lastFirst(t, () => models.stop());
  const directory = await emptyHome(t, 'palimpsest-alerts-');
  const database = await freshDatabase(t);
  const operatorKey = randomBytes(24).toString('hex');
  const shared = {
    DATABASE_URL: database.url,
    DATABASE_OWNER_URL: database.ownerUrl,
    PALIMPSEST_MASTER_KEY: randomBytes(32).toString('base64'),
    PALIMPSEST_OPERATOR_KEY: operatorKey,
    PALIMPSEST_PRIVATE_WEBHOOKS: hook.origin,
    OPENAI_API_KEY: 'sk-of-the-platform-0123456789',
    OPENAI_BASE_URL: `${models.origin}/v1`,
    LOG_LEVEL: 'error',
    ...env,
  };
  const node = clusterNode('first', 'data,control,projector,worker', { directory, shared });
  lastFirst(t, async () => await node.kill());
  await node.start();
  // A process that is started again has another address.
  const as = (key: string): Caller => callerOf(node.url ?? '', key);
  const { key } = await tenantWith({ operator: as(operatorKey) }, 'acme', { tokensPerDay: 250 });
  const made = await as(key).post('/v1/webhooks', { url: `${hook.origin}/in` });
  assert.equal(made.status, 201, made.text);
  const listed = async () =>
    (await as(key).get('/v1/webhooks')).json['items'] as readonly unknown[];
  await until(async () => (await listed()).length === 1);
  const use = async (tokens: number) => {
    models.next({ text: ['Fish.'], usage: { input: 20, output: tokens - 20 } });
    const messages = [{ role: 'user', content: 'Summarise: The heron fishes.' }];
    const asked = { model: 'gpt-5-mini', messages, maxTokens: tokens - 20 };
    const answer = await as(key).post('/v1/generations', asked);
    assert.equal(answer.status, 201, answer.text);
  };
  return { hook, node, database, owner: () => as(key), use, webhook: String(made.json['id']) };
}

/** Kills it between an alert and its delivery, and between that and its being known. */
async function mustBeDelivered(
  t: TestContext,
  env: Readonly<Record<string, string>>,
  forget?: () => Promise<unknown>,
): Promise<void> {
  const { hook, node, database, owner, use, webhook } = await alertedServer(t, env);
  const received = () => hook.received.map(({ headers }) => String(headers['webhook-id']));
  /** At least once each, these more than once. */
  const mustBeReceived = (ids: readonly string[], again: readonly string[]) => {
    const all = received();
    assert.deepEqual([...new Set(all)], ids);
    for (const id of again) assert.ok(all.filter((one) => one === id).length > 1, id);
  };
  const raised = async () => {
    const { text } = await owner().get('/v1/audit/events?types=BudgetThresholdReached');
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line): string => JSON.parse(line).header.id);
  };
  const areMade = async (count: number) => {
    const answer = await owner().get(`/v1/webhooks/${webhook}/deliveries`);
    const items = answer.json['items'] as readonly { readonly status: string }[];
    return items.filter(({ status }) => status === 'made').length === count;
  };
  /** Answers what was received by then. */
  const dieBefore = async (
    type: string,
    tokens: number,
    meanwhile?: () => Promise<unknown>,
  ): Promise<readonly string[]> => {
    const held = await holdEvent(t, database, type);
    await use(tokens);
    await held.reached();
    await node.kill();
    await held.drop();
    await meanwhile?.();
    const before = received();
    await node.start();
    return before;
  };

  assert.deepEqual(await dieBefore('DeliveryDue', 130), []);
  const [half = ''] = await raised();
  await until(async () => await areMade(1), WITHIN_MS);
  mustBeReceived([half], []);

  const before = await dieBefore('DeliveryMade', 75);
  const [, most = ''] = await raised();
  assert.ok(before.includes(most));
  await until(async () => await areMade(2), WITHIN_MS);
  mustBeReceived([half, most], [most]);

  // What a queue forgets is due in the log.
  if (forget === undefined) return;
  await dieBefore('DeliveryMade', 25, forget);
  const [, , almost = ''] = await raised();
  await until(async () => await areMade(3), WITHIN_MS);
  mustBeReceived([half, most, almost], [most, almost]);
}

test(
  'an alert is received with its own id after kill -9 before and after its delivery, from the queue in process',
  OPTIONS,
  (t) => mustBeDelivered(t, {}),
);

if (whereRedisIs('own')) {
  test(
    'an alert is received with its own id after kill -9 before and after its delivery, from the queue in Redis',
    OPTIONS,
    async (t) => {
      const redis = await redisServer(t);
      await mustBeDelivered(t, { REDIS_URL: redis.url }, () => redis.shell.flushall());
    },
  );
}
