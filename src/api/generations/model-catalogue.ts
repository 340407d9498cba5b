import { findModel } from '#commands/generation/find-model.ts';
import type { Clock, Sealer } from '#commands/ports.ts';
import { keySealing } from '#commands/provider-keys/key-sealing.ts';
import { recentHistory } from '#commands/recent-history.ts';
import { setProviderKey } from '#commands/provider-keys/set-provider-key.ts';
import { type CascadeId, type ModelId, PLATFORM, type ProviderId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { reachProvider } from '#infra/models/reach-provider.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import type { Aggregates } from '#api/aggregates.ts';
import { adminCascadeRoutes } from '#api/routes/admin-cascades.ts';
import { adminModelRoutes } from '#api/routes/admin-models.ts';
import { adminProviderRoutes } from '#api/routes/admin-providers.ts';
import { providerKeyRoutes } from '#api/routes/provider-keys.ts';
import { type ProviderSeeds, seedProviders } from './seed-providers.ts';
import type { viewQueries } from '#api/view-queries.ts';

/** Which models there are, what they cost, and how they are reached. */
export function modelCatalogue(ports: {
  readonly streams: Pick<Aggregates, 'providers' | 'models' | 'cascades' | 'providerKeys'>;
  readonly queries: Pick<
    ReturnType<typeof viewQueries>,
    'providers' | 'models' | 'cascades' | 'providerKeys'
  >;
  readonly sealer: Sealer;
  readonly clock: Clock;
}) {
  const { streams, queries, sealer, clock } = ports;
  const sealing = keySealing({ sealer, inTenant: runAsTenant });
  const setKey = setProviderKey({
    providerKeys: streams.providerKeys.handle,
    providerHistory: streams.providers.history,
    sealing,
  });
  const cascadeHistory = recentHistory(streams.cascades.history, clock);
  const isPublished = async (model: ModelId) =>
    (await streams.models.history.newest(PLATFORM, model)).revision >= 0;
  const unknownModel = async (models: readonly ModelId[]) => {
    for (const model of models) if (!(await isPublished(model))) return model;
    return undefined;
  };

  return {
    find: findModel({
      modelHistory: recentHistory(streams.models.history, clock),
      providerHistory: recentHistory(streams.providers.history, clock),
      // Sealed keys, which are opened for each attempt.
      providerKeyHistory: recentHistory(streams.providerKeys.history, clock),
      sealing,
      clock,
    }),
    reach: reachProvider({ clock }),
    /** The models that a task tries, in order. */
    cascade: async (id: CascadeId): Promise<readonly ModelId[]> => {
      const { state } = await cascadeHistory.newest(PLATFORM, id);
      if (state.status !== 'published') throw new Rejected('cascade/not-found');
      return state.models;
    },
    seed: (seeds: ProviderSeeds) => seedProviders({ streams, setKey, seeds, clock }),
    dataRoutes: [
      providerKeyRoutes({
        handle: streams.providerKeys.handle,
        setKey,
        view: queries.providerKeys,
      }),
    ],
    controlRoutes: [
      adminProviderRoutes({
        handle: streams.providers.handle,
        keys: streams.providerKeys.handle,
        setKey,
        view: {
          list: queries.providers.list,
          keys: () => queries.providerKeys.list(PLATFORM),
        },
      }),
      adminModelRoutes({
        handle: streams.models.handle,
        clock,
        providerPublished: async (provider: ProviderId) =>
          (await streams.providers.history.newest(PLATFORM, provider)).revision >= 0,
        view: queries.models,
      }),
      adminCascadeRoutes({
        handle: streams.cascades.handle,
        unknownModel,
        view: queries.cascades,
      }),
    ],
  };
}
