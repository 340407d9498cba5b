import { timingSafeEqual } from 'node:crypto';
import type { History } from '#commands/history.ts';
import type { Clock } from '#commands/ports.ts';
import { parseApiKey } from '#domain/api-key/key-text.ts';
import { type ApiKey, rolesAtUse } from '#domain/api-key/state.ts';
import { type GroupId, type MemberId, OPERATOR, PLATFORM, type TenantId } from '#domain/ids.ts';
import { type Member, rolesOf } from '#domain/member/state.ts';
import { Rejected } from '#domain/rejected.ts';
import type { Principal } from '#domain/rights.ts';
import type { Tenant } from '#domain/tenant/state.ts';
import { hashSecret, secretFits } from '#infra/crypto/api-key.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import type { Authentication } from './deps.ts';

type Newest<State> = Pick<History<State>, 'newest'>;

export type KeyAuthentication = {
  readonly keys: Newest<ApiKey>;
  readonly members: Newest<Member>;
  readonly tenants: Newest<Tenant>;
  /** From the view of groups: access lists name groups. Runs inside the tenant. */
  readonly groupsOf: (tenant: TenantId, member: MemberId) => Promise<readonly GroupId[]>;
  readonly clock: Pick<Clock, 'now'>;
  readonly operatorKey: string;
};

/**
 * Who a key is, read from the streams themselves: a view would let a revoked key in for as long as
 * it lags.
 */
export function authenticateKeys(deps: KeyAuthentication): Authentication {
  const operatorKeyHash = hashSecret(deps.operatorKey);
  return {
    byApiKey: async (text) => {
      const parts = parseApiKey(text);
      if (!parts || parts.tenant === PLATFORM) return undefined;
      return await runAsTenant(parts.tenant, () => principalOf(deps, parts));
    },
    byOperatorKey: (text) => {
      const fits = timingSafeEqual(Buffer.from(hashSecret(text)), Buffer.from(operatorKeyHash));
      if (!fits) return undefined;
      return { tenant: PLATFORM, member: OPERATOR, roles: ['operator'], groups: [] };
    },
  };
}

async function principalOf(
  deps: KeyAuthentication,
  { tenant, keyId, secret }: NonNullable<ReturnType<typeof parseApiKey>>,
): Promise<Principal | undefined> {
  const { state: key } = await deps.keys.newest(tenant, keyId);
  if (key.status !== 'issued' || !secretFits(secret, key.secretHash)) return undefined;

  const { memberId } = key;
  const [member, registered, groups] = await Promise.all([
    deps.members.newest(tenant, memberId),
    deps.tenants.newest(tenant, tenant),
    deps.groupsOf(tenant, memberId),
  ]);
  const roles = rolesAtUse(key, rolesOf(member.state), deps.clock.now());
  if (roles.length === 0) return undefined;
  // Only whoever has a key of the tenant learns how the tenant stands.
  const { status } = registered.state;
  if (status === 'missing') return undefined;
  if (status !== 'active') throw new Rejected(`tenant/${status}`);
  return { tenant, member: memberId, roles, groups, apiKey: keyId };
}
