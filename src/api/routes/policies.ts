import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Handle } from '#api/deps.ts';
import { notModified } from '#api/etag.ts';
import { metaOf } from '#api/requests.ts';
import type { PolicyCommand } from '#domain/compliance/policy/decide.ts';
import { DetectorSettings, PolicyDetectors } from '#domain/compliance/policy/events.ts';
import { PolicyId, type TenantId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { PolicyItem, WholePolicy } from '#projections/policies.ts';
import { Changed, answerWritten } from './answer-written.ts';

export type PolicyDeps = {
  readonly handle: Handle<PolicyId, PolicyCommand>;
  readonly view: {
    readonly list: (tenant: TenantId) => Promise<readonly PolicyItem[]>;
    readonly find: (tenant: TenantId, id: PolicyId) => Promise<WholePolicy | undefined>;
  };
};

const Params = z.strictObject({ policyId: PolicyId });
const Shown = z.object({
  id: PolicyId,
  version: z.int().describe('Counts how often the policy was published, from 1.'),
  inForce: z.boolean(),
  publishedAt: z.string(),
  revision: z.int(),
});
const Whole = Shown.extend({ detectors: z.array(DetectorSettings).readonly() });

/** What is looked for in the tenant's prompts, passages and answers. */
export const policyRoutes =
  ({ handle, view }: PolicyDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ['policies'];
    const read = { audience: 'tenant', action: 'policy.read', views: ['policies'] } as const;
    const publish = { audience: 'tenant', action: 'policy.publish' } as const;
    const one = '/v1/policies/:policyId';

    app.get(
      '/v1/policies',
      {
        config: read,
        schema: {
          tags,
          summary: 'The tenant’s policies, as they were published last',
          description:
            'Without one called `default`, secrets are redacted from prompts, context and answers.',
          querystring: z.strictObject({}),
          response: { 200: z.object({ items: z.array(Shown) }) },
        },
      },
      async ({ principal }) => ({ items: [...(await view.list(principal.tenant))] }),
    );

    app.get(
      one,
      {
        config: read,
        schema: {
          tags,
          summary: 'A policy, with its lists',
          params: Params,
          response: { 200: Whole, 304: z.undefined() },
        },
      },
      async (request, reply) => {
        const found = await view.find(request.principal.tenant, request.params.policyId);
        if (!found) throw new Rejected('policy/not-found');
        if (notModified(request, reply, found.revision)) return reply.code(304).send();
        return found;
      },
    );

    app.put(
      one,
      {
        config: publish,
        schema: {
          tags,
          summary: 'Publish a policy, or its next version; the ones before stay known',
          description: 'Where several policies say something about a text, the strictest holds.',
          params: Params,
          body: z.strictObject({ detectors: PolicyDetectors }),
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { policyId } = request.params;
        const command = { type: 'PublishPolicy', policyId, ...request.body } as const;
        return answerWritten(reply, policyId, await handle(policyId, command, metaOf(request)));
      },
    );

    app.delete(
      one,
      {
        config: publish,
        schema: {
          tags,
          summary: 'Take a policy out of force',
          params: Params,
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { policyId } = request.params;
        const command = { type: 'WithdrawPolicy', policyId } as const;
        return answerWritten(reply, policyId, await handle(policyId, command, metaOf(request)));
      },
    );
  };
