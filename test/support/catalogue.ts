import { type Aggregates, aggregates } from '#api/aggregates.ts';
import { findModel } from '#commands/generation/find-model.ts';
import type { CommandRequest } from '#commands/handle.ts';
import { destroyReplacedKey } from '#commands/provider-keys/destroy-replaced-key.ts';
import { keySealing } from '#commands/provider-keys/key-sealing.ts';
import { setProviderKey } from '#commands/provider-keys/set-provider-key.ts';
import { type ModelId, PLATFORM, type ProviderId } from '#domain/ids.ts';
import type { ModelSettings } from '#domain/model/events.ts';
import type { ProviderSettings } from '#domain/provider/events.ts';
import { systemIds } from '#infra/system/ids.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import { type World, request, world } from './command-path.ts';
import { operator } from './given.ts';

export const byOperator = (): CommandRequest =>
  request({ tenant: PLATFORM, principal: { ...operator, tenant: PLATFORM } });

export const providerSettings: ProviderSettings = {
  name: 'A provider',
  protocol: 'openai',
  baseUrl: null,
  regions: ['eu-central'],
  takesTenantKeys: true,
};
export const modelSettings: ModelSettings = {
  provider: 'openai' as ProviderId,
  upstreamName: 'gpt-upstream',
  tokenizer: 'o200k',
  contextTokens: 100_000,
  maxOutputTokens: 10_000,
  callsTools: true,
  writesJson: true,
  withdrawn: false,
};
export const price = { input: 1_000, cacheRead: 100, cacheWrite: 1_000, output: 4_000, tiers: [] };

/** One process that keeps providers, models, prices and keys, in memory. */
export function catalogue(shared: World = world()) {
  const warn = (message: string, error: unknown) => {
    throw new Error(message, { cause: error });
  };
  const streams: Aggregates = aggregates({ ...shared, ids: systemIds, warn });
  const sealing = keySealing({ sealer: shared.sealer, inTenant: runAsTenant });
  const { providers, models, providerKeys } = streams;
  return {
    ...shared,
    streams,
    sealing,
    setKey: setProviderKey({
      providerKeys: providerKeys.handle,
      providerHistory: providers.history,
      sealing,
    }),
    find: findModel({
      modelHistory: models.history,
      providerHistory: providers.history,
      providerKeyHistory: providerKeys.history,
      sealing,
      clock: shared.clock,
    }),
    reaction: destroyReplacedKey({
      providerKeyHistory: providerKeys.history,
      sealer: shared.sealer,
      inTenant: runAsTenant,
    }),
    publishProvider: async (id: string, settings: Partial<ProviderSettings> = {}) => {
      const providerId = id as ProviderId;
      const whole = { ...providerSettings, ...settings };
      const command = { type: 'PublishProvider', providerId, settings: whole } as const;
      await providers.handle(providerId, command, byOperator());
    },
    publishModel: async (id: string, settings: Partial<ModelSettings> = {}) => {
      const modelId = id as ModelId;
      const whole = { ...modelSettings, ...settings };
      const command = { type: 'PublishModel', modelId, settings: whole } as const;
      await models.handle(modelId, { ...command, providerPublished: true }, byOperator());
    },
    publishPrice: async (id: string, validFrom?: string, of = price) => {
      const modelId = id as ModelId;
      const command = { type: 'PublishPrice', modelId, price: of, free: false, validFrom } as const;
      await models.handle(modelId, command, byOperator());
    },
  };
}
