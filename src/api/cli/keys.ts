import type { Command } from 'commander';
import { z } from 'zod';
import type { TenantId } from '#domain/ids.ts';
import { everyItem } from './pages.ts';
import { show, tableText } from './table.ts';
import { tenantFrom } from './tenant-from.ts';
import { withControl } from './with-control.ts';

const Key = z.object({
  id: z.string(),
  memberId: z.string(),
  name: z.string().nullable(),
  roles: z.array(z.string()),
  issuedAt: z.string(),
  expiresAt: z.string().nullable(),
  revokedAt: z.string().nullable(),
});
const NewKey = z.object({ id: z.string(), memberId: z.string(), key: z.string() });

const path = '/v1/api-keys';
const list = (text: string) => text.split(',').map((part) => part.trim());
const label = (text: string, before: Readonly<Record<string, string>> = {}) => {
  const [name = '', ...value] = text.split('=');
  return { ...before, [name]: value.join('=') };
};

type IssueFlags = {
  readonly member?: string;
  readonly roles: readonly string[];
  readonly name?: string;
  readonly expires?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly json?: true;
};

export const keysCommand = (program: Command): void => {
  const keys = program
    .command('keys')
    .description('the API keys of a tenant; what is done here is an event of that tenant');

  keys
    .command('issue')
    .description('make a key and print it, this once: only a hash of it is kept')
    .argument('<tenant>', 'its id', tenantFrom)
    .option('--member <id>', 'whose it is; default: the first owner, made when not there')
    .option('--roles <roles>', 'some of the member’s, separated by commas', list, ['owner'])
    .option('--name <name>')
    .option('--expires <time>', 'RFC 3339; default: never')
    .option('--label <name=value>', 'may be given several times', label)
    .option('--json', 'print JSON')
    .action(async (tenant: TenantId, { member, roles, name, expires, label, json }: IssueFlags) => {
      const body = {
        roles,
        ...(member && { memberId: member }),
        ...(name && { name }),
        ...(expires && { expiresAt: expires }),
        ...(label && { labels: label }),
      };
      const issued = await withControl(async ({ asOwnerOf }) => {
        const ask = await asOwnerOf(tenant);
        return await ask(NewKey, { method: 'POST', path, body });
      });
      show(json, issued, () => issued.key);
    });

  keys
    .command('revoke')
    .description('revoke a key, from the next request on')
    .argument('<tenant>', 'its id', tenantFrom)
    .argument('<key>', 'the id of the key: 16 hexadecimal digits')
    .option('--json', 'print JSON')
    .action(async (tenant: TenantId, key: string, { json }: { json?: true }) => {
      const revoked = await withControl(async ({ asOwnerOf }) => {
        const ask = await asOwnerOf(tenant);
        const answer = z.object({ id: z.string(), revision: z.int() });
        return await ask(answer, { method: 'DELETE', path: `${path}/${encodeURIComponent(key)}` });
      });
      show(json, revoked, () => `Key ${key} is revoked.`);
    });

  keys
    .command('list')
    .description('the keys of a tenant, oldest first; their secrets are kept nowhere')
    .argument('<tenant>', 'its id', tenantFrom)
    .option('--json', 'print JSON')
    .action(async (tenant: TenantId, { json }: { json?: true }) => {
      const items = await withControl(async ({ asOwnerOf }) =>
        everyItem(await asOwnerOf(tenant), Key, path),
      );
      show(json, items, () =>
        tableText(
          ['key', 'name', 'roles', 'member', 'issued', 'expires', 'revoked'],
          items.map((one) => [
            one.id,
            one.name,
            one.roles.join(','),
            one.memberId,
            one.issuedAt,
            one.expiresAt,
            one.revokedAt,
          ]),
          'The tenant has no keys.',
        ),
      );
    });
};
