import type { FoundModel } from '#commands/generation/find-model.ts';
import type { ModelProvider } from '#commands/generation/model-port.ts';
import type { Clock } from '#commands/ports.ts';
import { anthropicProvider } from './anthropic.ts';
import { offlineProvider } from './offline.ts';
import { openaiProvider } from './openai.ts';
import { tokenCounter } from './token-counter.ts';

/**
 * The adapter that a model is reached by, with the key that was found for it. Made for each
 * attempt: nothing here keeps a key for longer.
 */
export const reachProvider =
  (ports: { readonly clock: Pick<Clock, 'now' | 'sleep'> }) =>
  async ({ settings, provider, key }: FoundModel): Promise<ModelProvider> => {
    const { protocol, baseUrl, limitField } = provider.settings;
    const tokens = await tokenCounter(settings.tokenizer);
    const reached = { ...ports, tokens };
    if (protocol === 'offline' || key.of === 'nobody') return offlineProvider(reached);
    const access = { apiKey: key.text, ...(baseUrl !== null && { baseUrl }) };
    switch (protocol) {
      case 'openai':
        return openaiProvider({ ...reached, ...access, dialect: { limitField } });
      case 'anthropic':
        return anthropicProvider({ ...reached, ...access });
    }
  };
