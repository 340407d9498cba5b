import type { ProviderId } from '#domain/ids.ts';
import type { PublishProvider } from './decide.ts';
import type { ProviderSettings } from './events.ts';

const shipped = (providerId: string, settings: ProviderSettings): PublishProvider => ({
  type: 'PublishProvider',
  providerId: providerId as ProviderId,
  settings,
});

/** Published at the first start, when there is no provider of that id; from then on they are the operator's. */
export const shippedProviders: readonly PublishProvider[] = [
  shipped('openai', {
    name: 'OpenAI',
    protocol: 'openai',
    baseUrl: null,
    regions: [],
    takesTenantKeys: true,
  }),
  shipped('anthropic', {
    name: 'Anthropic',
    protocol: 'anthropic',
    baseUrl: null,
    regions: [],
    takesTenantKeys: true,
  }),
  shipped('offline', {
    name: 'Offline model',
    protocol: 'offline',
    baseUrl: null,
    regions: [],
    takesTenantKeys: false,
  }),
];
