import type { Transaction } from 'kysely';
import type { MemberId, TenantId } from '#domain/ids.ts';
import type { MemberEvent } from '#domain/member/events.ts';
import type { TenantRole } from '#domain/rights.ts';
import { type CreatedAfter, isAfter } from './created-order.ts';
import { streamId } from './stream-id.ts';
import { tableProjection } from './table-projection.ts';

type MemberRow = {
  member_id: string;
  /** `null` where it was erased. */
  name: string | null;
  email: string | null;
  roles: TenantRole[];
  status: 'active' | 'deactivated' | 'erased';
  created_at: string;
  revision: number;
};
export type MemberTables = { member_list: MemberRow & { tenant_id: string } };

/** The members of each tenant, to list them and to see whether an address is taken. */
export const memberList = tableProjection<MemberRow, 'member_id', MemberEvent>({
  name: 'member-list',
  version: 1,
  columns: {
    member_id: 'text not null',
    name: 'text',
    email: 'text',
    roles: 'jsonb not null',
    status: 'text not null',
    created_at: 'text not null',
    revision: 'integer not null',
  },
  key: ['member_id'],
  keyOf: (header) => ({ member_id: streamId(header) }),
  indexes: ['(tenant_id, created_at, member_id)', '(tenant_id, email)'],
  body: {
    MemberInvited: (_, { header, data }) => ({
      member_id: '',
      name: data.name,
      email: data.email ?? null,
      roles: data.roles,
      status: 'active',
      created_at: header.recordedAt,
      revision: header.revision,
    }),
    MemberProfileChanged: (row, { header, data: { name, email } }) =>
      row && {
        ...row,
        name: name ?? row.name,
        email: email ?? row.email,
        revision: header.revision,
      },
    MemberRolesChanged: (row, { header, data }) =>
      row && { ...row, roles: data.roles, revision: header.revision },
  },
  header: {
    MemberDeactivated: (row, { header }) =>
      row && { ...row, status: leaving(row), revision: header.revision },
    MemberReactivated: (row, { header }) =>
      row && { ...row, status: coming(row), revision: header.revision },
    // Its ETag is the stream's revision, and a refusal moves that as well.
    ActionRefused: (row, { header }) => row && { ...row, revision: header.revision },
  },
  erased: (row, { header }) => ({
    member_id: '',
    name: null,
    email: null,
    roles: [],
    status: 'erased',
    created_at: row?.created_at ?? header.recordedAt,
    revision: header.revision,
  }),
});

const leaving = ({ status }: MemberRow) => (status === 'erased' ? status : 'deactivated');
const coming = ({ status }: MemberRow) => (status === 'erased' ? status : 'active');

const shown = [
  'member_id as memberId',
  'name',
  'email',
  'roles',
  'status',
  'created_at as createdAt',
  'revision',
] as const;

type Tx = Transaction<MemberTables>;

export const listMembers = (tx: Tx, tenant: TenantId, { after, limit }: CreatedAfter) =>
  tx
    .selectFrom('member_list')
    .select(shown)
    .where('tenant_id', '=', tenant)
    .where(isAfter('member_id', after))
    .orderBy('created_at')
    .orderBy('member_id')
    .limit(limit)
    .execute();

export const findMember = (tx: Tx, tenant: TenantId, id: MemberId) =>
  tx
    .selectFrom('member_list')
    .select(shown)
    .where('tenant_id', '=', tenant)
    .where('member_id', '=', id)
    .executeTakeFirst();

/** The member who has this address and is not deactivated. */
export async function memberByEmail(
  tx: Tx,
  tenant: TenantId,
  email: string,
): Promise<MemberId | undefined> {
  const found = await tx
    .selectFrom('member_list')
    .select('member_id')
    .where('tenant_id', '=', tenant)
    .where('email', '=', email)
    .where('status', '=', 'active')
    .executeTakeFirst();
  return found?.member_id as MemberId | undefined;
}
