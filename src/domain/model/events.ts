import { z } from 'zod';
import { type EventOf, defineEvent, plain } from '#domain/event.ts';
import { Price } from '#domain/price.ts';
import { ModelId, ProviderId } from '#domain/ids.ts';

// Stored for ever: add fields (optional ones), never rename or remove them.

export const ModelSettings = z.object({
  provider: ProviderId,
  upstreamName: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, '1 to 200 visible ASCII characters')
    .describe('What its provider calls it'),
  tokenizer: z.enum(['o200k', 'claude']).describe('The nearest to its own, for our own counts'),
  contextTokens: z.int().min(1).describe('Of prompt and answer together'),
  maxOutputTokens: z.int().min(1).describe('Of an answer'),
  callsTools: z.boolean(),
  writesJson: z.boolean().describe('Whether it can be held to JSON'),
  withdrawn: z.boolean().describe('Offered no longer; what it did stays known'),
});
export type ModelSettings = z.infer<typeof ModelSettings>;

const version = z.int().min(1);

export const modelEvents = {
  ModelPublished: defineEvent({
    kind: 'model',
    version: 1,
    schema: z.object({ modelId: ModelId, version, settings: ModelSettings }),
    subject: plain,
  }),
  PricePublished: defineEvent({
    kind: 'model',
    version: 1,
    schema: z.object({
      modelId: ModelId,
      /** Counts the model's prices from 1. */
      version,
      price: Price,
      /** Every rate is 0, and is meant to be. */
      free: z.boolean(),
      validFrom: z.iso.datetime({ precision: 3 }),
    }),
    subject: plain,
  }),
};

export type ModelEvent = EventOf<typeof modelEvents>;
