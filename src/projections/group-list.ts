import { type Transaction, sql } from 'kysely';
import type { GroupEvent } from '#domain/group/events.ts';
import type { GroupId, MemberId, TenantId } from '#domain/ids.ts';
import { type CreatedAfter, isAfter } from './created-order.ts';
import { streamId } from './stream-id.ts';
import { tableProjection } from './table-projection.ts';

type GroupRow = {
  group_id: string;
  /** `null` where it was erased. */
  name: string | null;
  members: MemberId[];
  created_at: string;
  revision: number;
};
export type GroupTables = { group_list: GroupRow & { tenant_id: string } };

/** The groups of each tenant and who is in them, which is asked at every request. */
export const groupList = tableProjection<GroupRow, 'group_id', GroupEvent>({
  name: 'group-list',
  version: 1,
  columns: {
    group_id: 'text not null',
    name: 'text',
    members: 'jsonb not null',
    created_at: 'text not null',
    revision: 'integer not null',
  },
  key: ['group_id'],
  keyOf: (header) => ({ group_id: streamId(header) }),
  indexes: ['(tenant_id, created_at, group_id)', 'using gin (members jsonb_path_ops)'],
  body: {
    GroupCreated: (_, { header, data }) => ({
      group_id: '',
      name: data.name,
      members: [],
      created_at: header.recordedAt,
      revision: header.revision,
    }),
    GroupRenamed: (row, { header, data }) =>
      row && { ...row, name: data.name, revision: header.revision },
    GroupMemberAdded: (row, { header, data }) =>
      row && { ...row, members: [...row.members, data.memberId], revision: header.revision },
    GroupMemberRemoved: (row, { header, data }) =>
      row && {
        ...row,
        members: row.members.filter((id) => id !== data.memberId),
        revision: header.revision,
      },
  },
  header: { GroupDeleted: () => undefined },
  erased: (row, { header }) => ({
    group_id: '',
    name: null,
    members: row?.members ?? [],
    created_at: row?.created_at ?? header.recordedAt,
    revision: header.revision,
  }),
});

const shown = [
  'group_id as groupId',
  'name',
  'members',
  'created_at as createdAt',
  'revision',
] as const;

type Tx = Transaction<GroupTables>;

export const listGroups = (tx: Tx, tenant: TenantId, { after, limit }: CreatedAfter) =>
  tx
    .selectFrom('group_list')
    .select(shown)
    .where('tenant_id', '=', tenant)
    .where(isAfter('group_id', after))
    .orderBy('created_at')
    .orderBy('group_id')
    .limit(limit)
    .execute();

export const findGroup = (tx: Tx, tenant: TenantId, id: GroupId) =>
  tx
    .selectFrom('group_list')
    .select(shown)
    .where('tenant_id', '=', tenant)
    .where('group_id', '=', id)
    .executeTakeFirst();

/** The groups that count for this member where an access list names groups. */
export async function groupsOf(
  tx: Tx,
  tenant: TenantId,
  member: MemberId,
): Promise<readonly GroupId[]> {
  const rows = await tx
    .selectFrom('group_list')
    .select('group_id')
    .where('tenant_id', '=', tenant)
    .where(sql<boolean>`members @> ${JSON.stringify([member])}::jsonb`)
    .execute();
  return rows.map(({ group_id }) => group_id as GroupId);
}
