import type { Command } from 'commander';
import type { TenantId } from '#domain/ids.ts';
import { PLATFORM } from '#domain/ids.ts';
import { streamOf } from '#domain/stream.ts';
import { isolateTenant } from '#infra/postgres/isolation/isolate-tenant.ts';
import { systemIds } from '#infra/system/ids.ts';
import { progressOn } from './progress.ts';
import { show } from './table.ts';
import { tenantFrom } from './tenant-from.ts';
import { type OpenedLog, withLog } from './with-log.ts';

export const isolateCommand = (tenants: Command): void => {
  tenants
    .command('isolate')
    .description(
      'give a tenant partitions of its own in every table, while it and all others are in use; may be interrupted, and run again',
    )
    .argument('<tenant>', 'its id', tenantFrom)
    .option('--json', 'print JSON')
    .action(async (tenant: TenantId, { json }: { json?: true }) => {
      const progress = progressOn(json ? process.stderr : process.stdout, 'tables');
      const isolated = await withLog(async ({ home, log, clock }) => {
        await mustBeThere(log, tenant);
        const ports = { database: home.database, clock, ids: systemIds };
        return await isolateTenant(ports, tenant, (_, done, of) => progress.at(done, of));
      });
      progress.end();
      const { moved, rows } = isolated;
      show(json, { tenant, ...isolated }, () =>
        moved.length === 0
          ? `${tenant} has partitions of its own in every table already.`
          : `${tenant} has partitions of its own now: ${rows} rows of ${moved.length} tables were moved.`,
      );
    });
};

async function mustBeThere(log: OpenedLog['log'], tenant: TenantId): Promise<void> {
  if (tenant === PLATFORM)
    throw new Error(`${PLATFORM} is no tenant: it holds what belongs to none.`);
  const [registered] = await log.readStream(streamOf(tenant, 'tenant', tenant), { limit: 1 });
  if (registered === undefined) throw new Error(`There is no tenant ${tenant}.`);
}
