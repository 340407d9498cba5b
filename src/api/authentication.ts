import { createHash, timingSafeEqual } from 'node:crypto';
import { decodeJwt } from 'jose';
import { LRUCache } from 'lru-cache';
import { type Clock, LogUnavailable } from '#commands/ports.ts';
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
/** Who was let in so shortly before the log went away is let in until it is back. */
const GRACE_MS = 60_000;

/** Who it is, and until when the credential says so (NaN: for ever). */
type Found = { readonly principal: Principal; readonly until: number };

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
  // Nobody's right can be taken away while the log is away: what was true just before goes on.
  const lastSeen = new LRUCache<string, { at: number; found: Found }>({ max: MOST_KNOWN });
  let logAnsweredAt = 0;
  const operatorHash = sha256(ports.operatorKey);

  const principalOf = async (key: KeyParts): Promise<Found | undefined> => {
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
    const principal = { tenant, member: memberId, roles, groups, apiKey: keyId };
    return { principal, until: Date.parse(apiKey.expiresAt ?? '') };
  };

  const fromToken = async (token: string): Promise<Found | undefined> => {
    const principal = await ports.byToken(token);
    // Checked a moment ago, so that it may be read without checking.
    return principal && { principal, until: (decodeJwt(token).exp ?? 0) * 1_000 };
  };

  /** As it was before the log went away, unless it has expired since. */
  const asBefore = (name: string, now: number): Principal | undefined => {
    const last = lastSeen.get(name);
    if (last === undefined || last.at < logAnsweredAt - GRACE_MS) return undefined;
    return last.found.until <= now ? undefined : last.found.principal;
  };

  const once = async (credential: string, look: () => Promise<Found | undefined>) => {
    const now = ports.clock.now().getTime();
    const name = sha256(credential).toString('base64');
    const found = known.get(name);
    if (found && now - found.at < KNOWN_FOR_MS) return await found.principal;
    const principal = looked(name, now, look);
    known.set(name, { at: now, principal });
    principal.catch(() => known.delete(name));
    return await principal;
  };

  const looked = async (name: string, now: number, look: () => Promise<Found | undefined>) => {
    try {
      const found = await look();
      logAnsweredAt = now;
      if (found === undefined) lastSeen.delete(name);
      else lastSeen.set(name, { at: now, found });
      return found?.principal;
    } catch (error) {
      const before = error instanceof LogUnavailable ? asBefore(name, now) : undefined;
      if (before === undefined) throw error;
      return before;
    }
  };

  return {
    byApiKey: async (text) => {
      const key = parseApiKey(text);
      if (!key) return undefined;
      return await once(text, () => runAsTenant(key.tenant, () => principalOf(key)));
    },

    byToken: async (token) => await once(token, () => fromToken(token)),

    byOperatorKey: (text) =>
      timingSafeEqual(sha256(text), operatorHash)
        ? { tenant: PLATFORM, member: OPERATOR, roles: ['operator'], groups: [] }
        : undefined,

    forget: () => {
      known.clear();
      lastSeen.clear();
    },
  };
}

const sha256 = (text: string) => createHash('sha256').update(text).digest();
