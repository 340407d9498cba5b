import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Handle } from '#commands/handle.ts';
import { replyWritten } from '#api/position.ts';
import { metaOf } from '#api/requests.ts';
import type { GenerationCommand } from '#domain/generation/decide.ts';
import { GenerationId } from '#domain/generation/ids.ts';
import { type Generation, spentBy } from '#domain/generation/state.ts';
import { TenantId } from '#domain/ids.ts';

/**
 * Far above what a call can come to, so that a slip cannot carry a window's sum beyond 2^53, where
 * nothing is counted any more.
 */
const MOST_TOKENS = 1_000_000_000;
const MOST_NANO_USD = 10_000_000_000_000;

const Spent = z.object({ tokens: z.int(), costNanoUsd: z.int() });

/** Corrections of what was debited, by the operator. */
export const adjustRoutes =
  (deps: {
    readonly handle: Handle<Generation, GenerationCommand>;
    /** Builds a tenant's counters anew from the log: corrections are too rare for a step of their own. */
    readonly rebuild: (tenant: TenantId) => Promise<void>;
  }): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/admin/v1/tenants/:id/generations/:generationId/adjustments',
      {
        config: { audience: 'operator', action: 'generation.adjust' },
        schema: {
          tags: ['usage'],
          summary: 'Correct what an attempt was debited',
          description:
            'For what was assumed and is known now, or is waived. Once the generation has ended. Views and budgets of the windows in which it was debited follow; a repeat changes nothing.',
          params: z.object({ id: TenantId, generationId: GenerationId }),
          body: z.strictObject({
            attempt: z.int().min(1).max(1_000),
            tokens: z
              .int()
              .min(0)
              .max(MOST_TOKENS)
              .describe('What the attempt came to, in place of what was counted'),
            costNanoUsd: z.int().min(0).max(MOST_NANO_USD),
            reason: z.enum(['invoice', 'waived']),
          }),
          response: { 200: z.object({ id: GenerationId, spent: Spent }) },
        },
      },
      async (request, reply) => {
        const { id: tenant, generationId: id } = request.params;
        const { attempt, reason, ...amount } = request.body;
        const command = { type: 'AdjustBudget', attempt, amount, reason } as const;
        const written = await deps.handle(id, command, metaOf(request, tenant));
        await deps.rebuild(tenant);
        const { state } = written;
        return await replyWritten(reply, written).send({
          id,
          spent: 'debits' in state ? spentBy(state) : { tokens: 0, costNanoUsd: 0 },
        });
      },
    );
  };
