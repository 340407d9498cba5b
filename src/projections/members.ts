import { type SqlBool, type Transaction, sql } from 'kysely';
import type { EventHeader } from '#domain/event.ts';
import type { MemberId, TenantId } from '#domain/ids.ts';
import type { MemberEvent } from '#domain/member/events.ts';
import type { TenantRole } from '#domain/rights.ts';
import { partsOf } from '#domain/stream.ts';
import { type Page, type PageQuery, instant, instantOf, pageOf } from './page.ts';
import { tableProjection } from './table-projection.ts';

type Row = {
  readonly member_id: MemberId;
  readonly name: string | null;
  readonly email: string | null;
  readonly roles: readonly TenantRole[];
  readonly status: 'active' | 'deactivated' | 'erased';
  readonly revision: number;
  readonly invited_at: string;
};
export type MembersTables = { members: Row & { readonly tenant_id: string } };

type Profile = Pick<Row, 'name' | 'roles'> & { readonly email?: string | undefined };

const changed = (row: Row | undefined, { header }: { header: EventHeader }, change: Partial<Row>) =>
  row && { ...row, ...(row.status === 'erased' ? {} : change), revision: header.revision };

const newRow = ({ data, header }: { header: EventHeader; data: Profile }): Row => ({
  member_id: partsOf(header.stream)!.id as MemberId,
  name: data.name,
  email: data.email ?? null,
  roles: data.roles,
  status: 'active',
  revision: header.revision,
  invited_at: header.recordedAt,
});

/** Keeps `members`: who belongs to a tenant, and what their roles are. */
export const members = tableProjection<Row, 'member_id', MemberEvent>({
  name: 'members',
  version: 2,
  columns: {
    member_id: 'uuid not null',
    name: 'text',
    email: 'text',
    roles: 'text[] not null',
    status: 'text not null',
    revision: 'integer not null',
    invited_at: 'timestamptz not null',
  },
  key: ['member_id'],
  keyOf: (header) => ({ member_id: partsOf(header.stream)!.id as MemberId }),
  indexes: ['(tenant_id, invited_at, member_id)', '(tenant_id, email)'],
  body: {
    MemberInvited: (_, event) => newRow(event),
    MemberJoined: (_, event) => newRow(event),
    MemberProfileChanged: (row, event) => {
      const { name, email } = event.data;
      return changed(row, event, { ...(name && { name }), ...(email && { email }) });
    },
    MemberRolesChanged: (row, event) => changed(row, event, { roles: event.data.roles }),
  },
  header: {
    MemberDeactivated: (row, event) => changed(row, event, { status: 'deactivated' }),
    MemberReactivated: (row, event) => changed(row, event, { status: 'active' }),
    // Its ETag is the stream's revision, which these move as well.
    ActionRefused: (row, event) => changed(row, event, {}),
    AuditRead: (row, event) => changed(row, event, {}),
  },
  // Other events still name the id, so that somebody was there stays known.
  erased: (row, { header }) => ({
    member_id: partsOf(header.stream)!.id as MemberId,
    name: null,
    email: null,
    roles: [],
    status: 'erased',
    revision: header.revision,
    invited_at: row?.invited_at ?? header.recordedAt,
  }),
});

export type MemberItem = {
  readonly id: MemberId;
  readonly name: string | null;
  readonly email: string | null;
  readonly roles: readonly TenantRole[];
  readonly status: 'active' | 'deactivated' | 'erased';
  readonly revision: number;
  readonly invitedAt: string;
};

/** In the order in which they were invited. */
export async function listMembers(
  tables: Transaction<MembersTables>,
  tenant: TenantId,
  { after, limit }: PageQuery,
): Promise<Page<MemberItem>> {
  let query = tables.selectFrom('members').selectAll().where('tenant_id', '=', tenant);
  if (after !== undefined) {
    query = query.where(sql<SqlBool>`(invited_at, member_id) > (${instantOf(after)}, ${after[1]})`);
  }
  const rows = await query
    .orderBy('invited_at')
    .orderBy('member_id')
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, (row) => [instant(row.invited_at), row.member_id], itemOf);
}

export async function memberOf(
  tables: Transaction<MembersTables>,
  tenant: TenantId,
  member: MemberId,
): Promise<MemberItem | undefined> {
  const row = await tables
    .selectFrom('members')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('member_id', '=', member)
    .executeTakeFirst();
  return row && itemOf(row);
}

/** The active member who has this address. */
export async function memberByEmail(
  tables: Transaction<MembersTables>,
  tenant: TenantId,
  email: string,
): Promise<MemberId | undefined> {
  const row = await tables
    .selectFrom('members')
    .select('member_id')
    .where('tenant_id', '=', tenant)
    .where('email', '=', email)
    .where('status', '=', 'active')
    .executeTakeFirst();
  return row?.member_id;
}

const itemOf = (row: Row): MemberItem => ({
  id: row.member_id,
  name: row.name,
  email: row.email,
  roles: row.roles,
  status: row.status,
  revision: row.revision,
  invitedAt: instant(row.invited_at),
});
