import { createHash, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '#commands/ports.ts';
import { type KeyParts, parseApiKey } from '#domain/api-key/key-text.ts';
import { rolesAtUse } from '#domain/api-key/state.ts';
import { type GroupId, type MemberId, OPERATOR, PLATFORM, type TenantId } from '#domain/ids.ts';
import { rolesOf } from '#domain/member/state.ts';
import { Rejected } from '#domain/rejected.ts';
import type { Principal } from '#domain/rights.ts';
import { secretFits } from '#infra/crypto/api-key.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import type { Aggregates } from './aggregates.ts';
import type { Authentication } from './deps.ts';

/** A right that another process took away may be used for so long. */
const KNOWN_FOR_MS = 250;
const MOST_KNOWN = 10_000;

export type AuthenticationPorts = {
  readonly aggregates: Pick<Aggregates, 'apiKeys' | 'members' | 'tenants'>;
  readonly groupsOf: (tenant: TenantId, member: MemberId) => Promise<readonly GroupId[]>;
  /** Who comes with an access token (`sign-in.ts`). */
  readonly byToken: (token: string) => Promise<Principal | undefined>;
  readonly operatorKey: string;
  readonly clock: Pick<Clock, 'now'>;
};

/**
 * Who comes with a key or a token. Key, member and tenant are read from their streams, because a view would
 * let a revoked key in for as long as it lags; requests at the same moment share one look.
 */
export function authentication(ports: AuthenticationPorts): Authentication & {
  /** Forgets what was known, because a key, a member or a group has just changed here. */
  readonly forget: () => void;
} {
  const known = new LRUCache<string, { at: number; principal: Promise<Principal | undefined> }>({
    max: MOST_KNOWN,
  });
  const operatorHash = sha256(ports.operatorKey);

  const principalOf = async (key: KeyParts): Promise<Principal | undefined> => {
    const { apiKeys, members, tenants } = ports.aggregates;
    const { tenant, keyId, secret } = key;
    const { state: apiKey } = await apiKeys.history.newest(tenant, keyId);
    if (apiKey.status !== 'issued' || !secretFits(secret, apiKey.secretHash)) return undefined;
    const { memberId } = apiKey;
    const [{ state: member }, { state: owner }, groups] = await Promise.all([
      members.history.newest(tenant, memberId),
      tenants.history.newest(tenant, tenant),
      ports.groupsOf(tenant, memberId),
    ]);
    const roles = rolesAtUse(apiKey, rolesOf(member), ports.clock.now());
    if (roles.length === 0) return undefined;
    if (owner.status === 'suspended') throw new Rejected('tenant/suspended');
    if (owner.status !== 'active') return undefined;
    return { tenant, member: memberId, roles, groups, apiKey: keyId };
  };

  const once = async (credential: string, look: () => Promise<Principal | undefined>) => {
    const now = ports.clock.now().getTime();
    const name = sha256(credential).toString('base64');
    const found = known.get(name);
    if (found && now - found.at < KNOWN_FOR_MS) return await found.principal;
    const principal = look();
    known.set(name, { at: now, principal });
    principal.catch(() => known.delete(name));
    return await principal;
  };

  return {
    byApiKey: async (text) => {
      const key = parseApiKey(text);
      if (!key) return undefined;
      return await once(text, () => runAsTenant(key.tenant, () => principalOf(key)));
    },

    byToken: async (token) => await once(token, () => ports.byToken(token)),

    byOperatorKey: (text) =>
      timingSafeEqual(sha256(text), operatorHash)
        ? { tenant: PLATFORM, member: OPERATOR, roles: ['operator'], groups: [] }
        : undefined,

    forget: () => known.clear(),
  };
}

const sha256 = (text: string) => createHash('sha256').update(text).digest();
