import { type Command, Option } from 'commander';
import { z } from 'zod';
import type { TenantId } from '#domain/ids.ts';
import { isolateCommand } from './isolate.ts';
import { everyItem } from './pages.ts';
import { show, tableText } from './table.ts';
import { tenantFrom } from './tenant-from.ts';
import { withControl } from './with-control.ts';

const Tenant = z.object({
  id: z.string(),
  name: z.string(),
  plan: z.string(),
  status: z.string(),
  registeredAt: z.string(),
});

type CreateFlags = {
  readonly name?: string;
  readonly plan: string;
  readonly timeZone?: string;
  readonly region?: string;
  readonly json?: true;
};

export const tenantsCommand = (program: Command): void => {
  const tenants = program.command('tenants').description('the tenants of this installation');
  isolateCommand(tenants);

  tenants
    .command('create')
    .description('register a tenant; make its first key with `palimpsest keys issue`')
    .argument('<id>', 'a slug of 3 to 40 characters: a-z, 0-9 and inner -', tenantFrom)
    .option('--name <name>', 'default: the id')
    .addOption(new Option('--plan <plan>', 'its subscription').default('starter'))
    .option('--time-zone <zone>', 'where its days begin, such as Europe/Vienna')
    .option('--region <region>')
    .option('--json', 'print JSON')
    .action(async (tenantId: TenantId, { name, plan, timeZone, region, json }: CreateFlags) => {
      const body = {
        tenantId,
        name: name ?? tenantId,
        plan,
        ...(timeZone && { timeZone }),
        ...(region && { region }),
      };
      const created = await withControl(({ ask }) =>
        ask(z.object({ id: z.string(), revision: z.int() }), {
          method: 'POST',
          path: '/admin/v1/tenants',
          body,
        }),
      );
      show(json, created, () => `Tenant ${tenantId} is registered.`);
    });

  tenants
    .command('list')
    .description('every tenant, by id')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: true }) => {
      const items = await withControl(({ ask }) => everyItem(ask, Tenant, '/admin/v1/tenants'));
      show(json, items, () =>
        tableText(
          ['tenant', 'name', 'plan', 'status', 'since'],
          items.map(({ id, name, plan, status, registeredAt }) => [
            id,
            name,
            plan,
            status,
            registeredAt,
          ]),
          'There are no tenants.',
        ),
      );
    });
};
