import { z } from 'zod';
import { type EventOf, defineEvent, plain } from '#domain/event.ts';
import { ProviderId } from '#domain/ids.ts';
import { Region } from '#domain/tenant/events.ts';

// Stored for ever: add fields (optional ones), never rename or remove them.

/** Only the operator says where prompts go, so any host may be named; a key in an address would be shown. */
export const BaseUrl = z
  .string()
  .max(500)
  .refine(
    isBaseUrl,
    'an http(s) URL without user, query and fragment, e.g. https://llm.example.com/v1',
  );

export const ProviderSettings = z.object({
  name: z.string().trim().min(1).max(100),
  protocol: z
    .enum(['openai', 'anthropic', 'offline'])
    .describe('openai: chat completions, which many servers speak; offline: our own model'),
  baseUrl: z.string().nullable().describe('null: where the protocol’s own company listens'),
  regions: z.array(Region).max(20).describe('Where it works on what it is sent'),
  limitField: z
    .enum(['max_completion_tokens', 'max_tokens'])
    .optional()
    .describe('How a server of the protocol openai calls the limit of an answer'),
  takesTenantKeys: z.boolean().describe('Whether tenants may bring keys of their own'),
});
export type ProviderSettings = z.infer<typeof ProviderSettings>;

export const providerEvents = {
  ProviderPublished: defineEvent({
    kind: 'provider',
    version: 1,
    schema: z.object({
      providerId: ProviderId,
      /** Counts from 1. */
      version: z.int().min(1),
      settings: ProviderSettings,
    }),
    subject: plain,
  }),
};

export type ProviderEvent = EventOf<typeof providerEvents>;

function isBaseUrl(text: string): boolean {
  if (!/^https?:\/\/[\x21-\x7e]+$/.test(text) || /[?#\\]/.test(text)) return false;
  if (!URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}
