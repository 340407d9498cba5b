import { type SqlBool, type Transaction, sql } from 'kysely';
import type { EventHeader } from '#domain/event.ts';
import type { GroupEvent } from '#domain/group/events.ts';
import type { GroupId, MemberId, TenantId } from '#domain/ids.ts';
import { partsOf } from '#domain/stream.ts';
import { type Page, type PageQuery, instant, instantOf, pageOf } from './page.ts';
import { tableProjection } from './table-projection.ts';

type Row = {
  readonly group_id: GroupId;
  readonly name: string;
  readonly members: readonly MemberId[];
  readonly revision: number;
  readonly created_at: string;
};
export type GroupsTables = { groups: Row & { readonly tenant_id: string } };

const changed = (row: Row | undefined, { header }: { header: EventHeader }, change: Partial<Row>) =>
  row && { ...row, ...change, revision: header.revision };

/** Keeps `groups`: which members belong together; access lists name groups. */
export const groups = tableProjection<Row, 'group_id', GroupEvent>({
  name: 'groups',
  version: 1,
  columns: {
    group_id: 'uuid not null',
    name: 'text not null',
    members: 'uuid[] not null',
    revision: 'integer not null',
    created_at: 'timestamptz not null',
  },
  key: ['group_id'],
  keyOf: (header) => ({ group_id: partsOf(header.stream)!.id as GroupId }),
  indexes: ['(tenant_id, created_at, group_id)', 'using gin (members)'],
  body: {
    GroupCreated: (_, { data, header }) => ({
      group_id: partsOf(header.stream)!.id as GroupId,
      name: data.name,
      members: [],
      revision: header.revision,
      created_at: header.recordedAt,
    }),
    GroupRenamed: (row, event) => changed(row, event, { name: event.data.name }),
    GroupMemberAdded: (row, event) =>
      changed(row, event, { members: [...others(row, event.data.memberId), event.data.memberId] }),
    GroupMemberRemoved: (row, event) =>
      changed(row, event, { members: others(row, event.data.memberId) }),
  },
  header: { GroupDeleted: () => undefined },
  // As the domain has it: a group that lost its name is no group any more.
  erased: () => undefined,
});

const others = (row: Row | undefined, member: MemberId): MemberId[] =>
  (row?.members ?? []).filter((one) => one !== member);

export type GroupItem = {
  readonly id: GroupId;
  readonly name: string;
  readonly members: readonly MemberId[];
  readonly revision: number;
  readonly createdAt: string;
};

/** In the order in which they were made. */
export async function listGroups(
  tables: Transaction<GroupsTables>,
  tenant: TenantId,
  { after, limit }: PageQuery,
): Promise<Page<GroupItem>> {
  let query = selectGroups(tables).where('tenant_id', '=', tenant);
  if (after !== undefined) {
    query = query.where(sql<SqlBool>`(created_at, group_id) > (${instantOf(after)}, ${after[1]})`);
  }
  const rows = await query
    .orderBy('created_at')
    .orderBy('group_id')
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, (row) => [instant(row.created_at), row.group_id], itemOf);
}

export async function groupOf(
  tables: Transaction<GroupsTables>,
  tenant: TenantId,
  group: GroupId,
): Promise<GroupItem | undefined> {
  const row = await selectGroups(tables)
    .where('tenant_id', '=', tenant)
    .where('group_id', '=', group)
    .executeTakeFirst();
  return row && itemOf(row);
}

/** The groups that a member belongs to. */
export async function groupsOf(
  tables: Transaction<GroupsTables>,
  tenant: TenantId,
  member: MemberId,
): Promise<readonly GroupId[]> {
  const rows = await tables
    .selectFrom('groups')
    .select('group_id')
    .where('tenant_id', '=', tenant)
    .where(sql<SqlBool>`members @> array[${member}]::uuid[]`)
    .orderBy('group_id')
    .execute();
  return rows.map(({ group_id }) => group_id);
}

/** `pg` knows no array of uuids: it would answer its text. */
const selectGroups = (tables: Transaction<GroupsTables>) =>
  tables
    .selectFrom('groups')
    .select(['group_id', 'name', 'revision', 'created_at'])
    .select(sql<MemberId[]>`members::text[]`.as('members'));

const itemOf = (row: Row): GroupItem => ({
  id: row.group_id,
  name: row.name,
  members: row.members,
  revision: row.revision,
  createdAt: instant(row.created_at),
});
