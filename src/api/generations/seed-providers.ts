import { createHash } from 'node:crypto';
import type { CommandRequest } from '#commands/handle.ts';
import type { Clock } from '#commands/ports.ts';
import type { setProviderKey } from '#commands/provider-keys/set-provider-key.ts';
import { shippedCascades } from '#domain/cascade/shipped-cascades.ts';
import { type CommandId, OPERATOR, PLATFORM, type ProviderId, derivedUuid } from '#domain/ids.ts';
import { type ShippedModel, shippedModels } from '#domain/model/shipped-models.ts';
import { shippedProviders } from '#domain/provider/shipped-providers.ts';
import { providerKeyIdOf } from '#domain/provider-key/ids.ts';
import { listedPrice } from '#infra/models/price-list.ts';
import type { Aggregates } from '#api/aggregates.ts';

/** What the environment says of a provider: it seeds the first version, and nothing after it. */
export type ProviderSeed = {
  readonly apiKey: string | undefined;
  readonly baseUrl: string | undefined;
};
export type ProviderSeeds = Readonly<Record<'openai' | 'anthropic', ProviderSeed>>;

type Ports = {
  readonly streams: Pick<Aggregates, 'providers' | 'models' | 'cascades' | 'providerKeys'>;
  readonly setKey: ReturnType<typeof setProviderKey>;
  readonly seeds: ProviderSeeds;
  readonly clock: Pick<Clock, 'now'>;
};

/** Publishes the shipped providers, models, prices and cascades that nobody has published yet. */
export async function seedProviders({ streams, setKey, seeds, clock }: Ports): Promise<void> {
  const { providers, models, cascades, providerKeys } = streams;
  for (const command of shippedProviders) {
    const { providerId } = command;
    if ((await providers.history.newest(PLATFORM, providerId)).revision >= 0) continue;
    const baseUrl = seedOf(seeds, providerId)?.baseUrl ?? null;
    const settings = { ...command.settings, baseUrl };
    await providers.handle(providerId, { ...command, settings }, asked('provider', providerId));
  }
  for (const shipped of shippedModels) await seedModel(models, shipped, clock);
  for (const { cascadeId, models: tried } of shippedCascades) {
    if ((await cascades.history.newest(PLATFORM, cascadeId)).revision >= 0) continue;
    const command = { cascadeId, models: tried, unknownModel: undefined } as const;
    const request = asked('cascade', cascadeId);
    await cascades.handle(cascadeId, { type: 'PublishCascade', ...command }, request);
  }
  for (const { providerId } of shippedProviders) {
    const key = seedOf(seeds, providerId)?.apiKey;
    const keyId = providerKeyIdOf(PLATFORM, providerId);
    const known = await providerKeys.history.newest(PLATFORM, keyId);
    if (key === undefined || known.revision >= 0) continue;
    await setKey(providerId, key, asked('provider key', providerId));
  }
}

const seedOf = (seeds: ProviderSeeds, provider: ProviderId): ProviderSeed | undefined =>
  (seeds as Readonly<Record<string, ProviderSeed | undefined>>)[provider];

/** A start that ended between the two goes on with the price. */
async function seedModel(
  models: Aggregates['models'],
  { modelId, settings, price }: ShippedModel,
  clock: Pick<Clock, 'now'>,
): Promise<void> {
  const { revision } = await models.history.newest(PLATFORM, modelId);
  if (revision < 0) {
    const command = { type: 'PublishModel', modelId, settings, providerPublished: true } as const;
    await models.handle(modelId, command, asked('model', modelId));
  }
  if (revision > 0) return;
  const free = price === 'free';
  const found = free ? FREE : listedPrice(settings.provider, settings.upstreamName, clock.now());
  // Without a price it is there and cannot be used until the operator publishes one.
  if (found === undefined) return;
  const command = { type: 'PublishPrice', modelId, price: found, free } as const;
  await models.handle(modelId, command, asked('price', modelId));
}

const FREE = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, tiers: [] };

/** A command whose id follows from what it seeds, so that two first starts at once make one. */
function asked(kind: string, id: string): CommandRequest {
  const commandId = derivedUuid('seed', kind, id) as CommandId;
  const principal = {
    tenant: PLATFORM,
    member: OPERATOR,
    roles: ['operator'],
    groups: [],
  } as const;
  const commandHash = createHash('sha256').update(`${kind} ${id}`).digest();
  return { tenant: PLATFORM, principal, commandId, commandHash, correlationId: commandId };
}
