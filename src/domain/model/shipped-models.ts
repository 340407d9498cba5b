import type { ModelId, ProviderId } from '#domain/ids.ts';
import type { ModelSettings } from './events.ts';

/** A model, and by which name its price is listed; ours is free, and says so. */
export type ShippedModel = {
  readonly modelId: ModelId;
  readonly settings: ModelSettings;
  readonly price: 'listed' | 'free';
};

const shipped = (
  name: string,
  provider: string,
  more: Pick<ModelSettings, 'tokenizer' | 'contextTokens' | 'maxOutputTokens'>,
): ShippedModel => ({
  modelId: name as ModelId,
  settings: {
    provider: provider as ProviderId,
    upstreamName: name,
    callsTools: provider !== 'offline',
    writesJson: true,
    withdrawn: false,
    ...more,
  },
  price: provider === 'offline' ? 'free' : 'listed',
});

const gpt5 = { tokenizer: 'o200k', contextTokens: 400_000, maxOutputTokens: 128_000 } as const;

/** Published at the first start, when there is no model of that id; from then on they are the operator's. */
export const shippedModels: readonly ShippedModel[] = [
  shipped('gpt-5.2', 'openai', gpt5),
  shipped('gpt-5-mini', 'openai', gpt5),
  shipped('gpt-4.1-mini', 'openai', {
    tokenizer: 'o200k',
    contextTokens: 1_000_000,
    maxOutputTokens: 32_768,
  }),
  shipped('claude-sonnet-4-5', 'anthropic', {
    tokenizer: 'claude',
    contextTokens: 200_000,
    maxOutputTokens: 64_000,
  }),
  shipped('claude-haiku-4-5', 'anthropic', {
    tokenizer: 'claude',
    contextTokens: 200_000,
    maxOutputTokens: 64_000,
  }),
  shipped('offline', 'offline', {
    tokenizer: 'o200k',
    // It reads in one go: a longer text would keep everybody else waiting.
    contextTokens: 128_000,
    maxOutputTokens: 8_192,
  }),
];
