import type { History } from '#commands/history.ts';
import type { Clock } from '#commands/ports.ts';
import type { KeySealing } from '#commands/provider-keys/key-sealing.ts';
import { type ModelId, PLATFORM, type ProviderId, type TenantId } from '#domain/ids.ts';
import type { ModelSettings } from '#domain/model/events.ts';
import { type DatedPrice, type Model, priceAt } from '#domain/model/state.ts';
import type { Provider } from '#domain/provider/decide.ts';
import type { ProviderSettings } from '#domain/provider/events.ts';
import type { ProviderKey } from '#domain/provider-key/decide.ts';
import { providerKeyIdOf } from '#domain/provider-key/ids.ts';
import { Rejected } from '#domain/rejected.ts';

/** Everything that an attempt at a model needs, as it is now. */
export type FoundModel = {
  readonly model: ModelId;
  readonly settings: ModelSettings;
  readonly provider: { readonly id: ProviderId; readonly settings: ProviderSettings };
  /** In force at this moment. */
  readonly price: DatedPrice;
  readonly key: FoundKey;
};

/** Whose account at the provider pays. The text is never logged, and never stored outside its seal. */
export type FoundKey =
  | { readonly of: 'tenant' | 'platform'; readonly text: string }
  /** Our own model, which asks nobody. */
  | { readonly of: 'nobody' };

type Ports = {
  readonly modelHistory: Pick<History<Model>, 'newest'>;
  readonly providerHistory: Pick<History<Provider>, 'newest'>;
  readonly providerKeyHistory: Pick<History<ProviderKey>, 'newest'>;
  readonly sealing: Pick<KeySealing, 'open'>;
  readonly clock: Pick<Clock, 'now'>;
};

/**
 * Finds a model for a tenant: with its provider, the price in force, and the tenant's own key there
 * or else the platform's. Throws `Rejected` where it cannot be used: unknown, withdrawn, outside of
 * the tenant's region, without a price, without a key.
 */
export function findModel(ports: Ports) {
  return async (tenant: TenantId, model: ModelId, region?: string): Promise<FoundModel> => {
    const { state } = await ports.modelHistory.newest(PLATFORM, model);
    if (state.status !== 'published') throw new Rejected('model/not-found', { model });
    const { settings, prices } = state;
    if (settings.withdrawn) throw new Rejected('model/withdrawn', { model });
    const id = settings.provider;
    const provider = (await ports.providerHistory.newest(PLATFORM, id)).state;
    if (provider.status !== 'published') throw new Rejected('provider/not-found', { provider: id });
    if (!worksIn(provider.settings, region)) throw new Rejected('model/outside-region', { model });
    const price = priceAt(prices, ports.clock.now());
    if (price === undefined) throw new Rejected('model/no-price', { model });
    const key = await keyFor(ports, tenant, id, provider.settings);
    return { model, settings, provider: { id, settings: provider.settings }, price, key };
  };
}

/** Our own model works where we do. */
const worksIn = ({ protocol, regions }: ProviderSettings, region: string | undefined): boolean =>
  region === undefined || protocol === 'offline' || regions.includes(region);

async function keyFor(
  { providerKeyHistory, sealing }: Ports,
  tenant: TenantId,
  provider: ProviderId,
  { protocol, takesTenantKeys }: ProviderSettings,
): Promise<FoundKey> {
  if (protocol === 'offline') return { of: 'nobody' };
  const keyOf = async (owner: TenantId) => {
    const id = providerKeyIdOf(owner, provider);
    const { state } = await providerKeyHistory.newest(owner, id);
    return state.status === 'set' ? await sealing.open(owner, state) : undefined;
  };
  const own = takesTenantKeys ? await keyOf(tenant) : undefined;
  if (own !== undefined) return { of: 'tenant', text: own };
  const shared = await keyOf(PLATFORM);
  if (shared !== undefined) return { of: 'platform', text: shared };
  throw new Rejected('provider/no-key', { provider });
}
