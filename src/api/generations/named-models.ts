import type { modelCatalogue } from './model-catalogue.ts';
import type { viewQueries } from '#api/view-queries.ts';
import { PLATFORM, type TenantId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import type { NamedModel } from './generation-deps.ts';

/** Platform data, which everybody may read; what the tenant cannot use is left out. */
export async function namedModels(
  queries: Pick<ReturnType<typeof viewQueries>, 'models' | 'cascades'>,
  catalogue: Pick<ReturnType<typeof modelCatalogue>, 'find'>,
  tenant: TenantId,
): Promise<readonly NamedModel[]> {
  const [models, cascades] = await runAsTenant(PLATFORM, () =>
    Promise.all([queries.models.list(), queries.cascades.list()]),
  );
  const usable = await Promise.all(
    models.map(async ({ id }) => {
      try {
        await catalogue.find(tenant, id);
        return true;
      } catch (error) {
        if (error instanceof Rejected) return false;
        throw error;
      }
    }),
  );
  return [
    ...models
      .filter((_, index) => usable[index])
      .map(({ id, provider, publishedAt }) => ({
        name: id as string,
        owner: provider as string,
        publishedAt,
      })),
    ...cascades.map(({ id, publishedAt }) => ({
      name: id as string,
      owner: 'palimpsest',
      publishedAt,
    })),
  ];
}
