import type { TestContext } from 'node:test';
import type { ServerRole } from '#api/server-role.ts';
import type { GenerationEvent } from '#domain/generation/events.ts';
import { shippedPlans } from '#domain/plan/shipped-plans.ts';
import { startModelServer } from './model-server/server.ts';
import { realServer } from './real-server.ts';

/** A tenant whose models are the double's, on the whole application, which listens. */
export async function modelTenant(
  t: TestContext,
  {
    env = {},
    roles,
    beside = 0,
    answer,
  }: {
    env?: Readonly<Record<string, string>>;
    roles?: ServerRole[];
    beside?: number;
    answer?: Parameters<typeof startModelServer>[0];
  } = {},
) {
  const models = await startModelServer(answer);
  t.after(() => models.stop());
  const server = await realServer(
    t,
    {
      OPENAI_API_KEY: 'sk-of-the-platform-0123456789',
      OPENAI_BASE_URL: `${models.origin}/v1`,
      ANTHROPIC_API_KEY: 'sk-ant-of-the-platform-0123456789',
      ANTHROPIC_BASE_URL: models.origin,
      ...env,
    },
    roles,
    beside,
  );
  const url = await server.app.listen({ host: '127.0.0.1', port: 0 });
  const { key, tenantId, memberId } = await server.tenant('ours', 'Ours');

  /** The types of a generation's events, in their order. */
  const typesOf = async (id: string): Promise<readonly string[]> =>
    (await server.eventsAfter(0n))
      .filter(({ stream }) => stream.endsWith(id))
      .map(({ type }) => type);

  return { ...server, models, url, key, tenantId, memberId, typesOf, ...askingAs(url, key) };
}

export type ModelTenant = Awaited<ReturnType<typeof modelTenant>>;

/** Another member, who may edit and administers nothing, and what requests of theirs carry. */
export async function editorOf({ make, key }: Pick<ModelTenant, 'make' | 'key'>) {
  const eve = { name: 'Eve', email: 'e@example.com', roles: ['editor'] };
  const { id = '' } = await make(key, 'POST', '/v1/members', eve);
  const issued = await make(key, 'POST', '/v1/api-keys', { memberId: id, roles: ['editor'] });
  return { id, headers: { authorization: `Bearer ${issued['key']}` } };
}

/** Whoever has this key. */
export function askingAs(url: string, key: string) {
  const send = async (
    path: string,
    body?: object,
    headers: Readonly<Record<string, string>> = {},
  ) =>
    await fetch(url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });

  /** What its stream holds, as an auditor reads it. */
  const eventsOf = async (id: string): Promise<readonly GenerationEvent[]> => {
    const answer = await send(`/v1/audit/events?stream=generation/${id}`);
    const lines = (await answer.text()).trim().split('\n');
    return lines.map((line): GenerationEvent => {
      const { header, data } = JSON.parse(line);
      return { type: header.type, data };
    });
  };

  return { send, eventsOf };
}

/** A tenant of its own, on a plan like the largest but for these figures. */
export async function onPlan(
  ours: ModelTenant,
  tenantId: string,
  figures: object,
): Promise<ModelTenant> {
  const largest = shippedPlans.find(({ planId }) => planId === 'enterprise')!.figures;
  const { make, operatorKey, url } = ours;
  const open = {
    requestsPerMinute: null,
    concurrentGenerations: null,
    costPerMonthNanoUsd: null,
  };
  await make(operatorKey, 'PUT', `/admin/v1/plans/${tenantId}`, {
    name: tenantId,
    figures: { ...largest, ...open, ...figures },
  });
  const plan = tenantId;
  await make(operatorKey, 'POST', '/admin/v1/tenants', { tenantId, name: tenantId, plan });
  const { key = '' } = await make(operatorKey, 'POST', `/admin/v1/tenants/${tenantId}/api-keys`, {
    roles: ['owner'],
  });
  return { ...ours, key, tenantId, ...askingAs(url, key) };
}
