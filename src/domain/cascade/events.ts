import { z } from 'zod';
import { type EventOf, defineEvent, plain } from '#domain/event.ts';
import { CascadeId, ModelId } from '#domain/ids.ts';

// Stored for ever: add fields (optional ones), never rename or remove them.

/** In the order in which they are tried; each once, for a model that failed is not asked again. */
export const CascadeModels = z
  .array(ModelId)
  .min(1)
  .max(10)
  .refine((models) => new Set(models).size === models.length, 'each model once');

export const cascadeEvents = {
  CascadePublished: defineEvent({
    kind: 'cascade',
    version: 1,
    schema: z.object({
      cascadeId: CascadeId,
      /** Counts from 1. */
      version: z.int().min(1),
      models: z.array(ModelId),
    }),
    subject: plain,
  }),
};

export type CascadeEvent = EventOf<typeof cascadeEvents>;
