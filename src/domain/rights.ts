import type { ApiKeyId, GroupId, MemberId, TenantId } from './ids.ts';

export const roles = [
  'owner',
  'admin',
  'editor',
  'author',
  'reviewer',
  'viewer',
  'auditor',
  'operator',
] as const;
export type Role = (typeof roles)[number];

/** Who asks: always one member of one tenant (the operator is a member of none but `platform`). */
export type Principal = {
  readonly tenant: TenantId;
  readonly member: MemberId;
  readonly roles: readonly Role[];
  readonly groups: readonly GroupId[];
  readonly apiKey?: ApiKeyId;
};
