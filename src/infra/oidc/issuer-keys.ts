import { type JWTVerifyGetKey, createLocalJWKSet } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Clock } from '#commands/ports.ts';
import type { IdentityProviderId } from '#domain/ids.ts';
import type { GetJson } from './get-json.ts';
import { KeysUnavailable } from './keys-unavailable.ts';

/** Asked for again after this, while the known keys go on working. */
const FRESH_MS = 10 * 60_000;
/** With the issuer down its known keys work for so long; one that it took back does as well. */
const USABLE_MS = 60 * 60_000;
/** Between two attempts: tokens with made-up key ids must not make us flood an issuer. */
const COOL_DOWN_MS = 5_000;
const MOST_ISSUERS = 1_000;
const MOST_DISCOVERY_BYTES = 64 * 1024;
const MOST_KEYS_BYTES = 256 * 1024;

export type IssuerKeys = {
  /** Throws `KeysUnavailable`. */
  readonly known: (issuer: KnownIssuer) => Promise<JWTVerifyGetKey>;
  /**
   * Newer keys for a token whose key is not among the known ones; `undefined` when these were
   * fetched a moment ago, so that the token's key is none of the issuer's.
   */
  readonly newer: (issuer: KnownIssuer) => Promise<JWTVerifyGetKey | undefined>;
};

export type KnownIssuer = { readonly id: IdentityProviderId; readonly issuer: string };

type Keys = { readonly find: JWTVerifyGetKey; readonly fetchedAt: number };
type Entry = {
  keys?: Keys;
  triedAt: number;
  failed: boolean;
  fetching?: Promise<Keys> | undefined;
};

export type IssuerKeysPorts = {
  readonly get: GetJson;
  readonly clock: Pick<Clock, 'now'>;
  readonly warn: (message: string, error: unknown) => void;
};

const Discovery = z.object({ issuer: z.string(), jwks_uri: z.string() });
const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

/** The public keys of issuers, each fetched by one request at a time. */
export function issuerKeys({ get, clock, warn }: IssuerKeysPorts): IssuerKeys {
  // By the tenant's provider, not by its issuer: no tenant wears out the patience of another's.
  const entries = new LRUCache<IdentityProviderId, Entry>({ max: MOST_ISSUERS });
  const now = () => clock.now().getTime();
  const isCooling = ({ triedAt }: Entry) => now() - triedAt < COOL_DOWN_MS;

  const entryOf = ({ id }: KnownIssuer): Entry => {
    const entry = entries.get(id) ?? { triedAt: Number.NEGATIVE_INFINITY, failed: false };
    entries.set(id, entry);
    return entry;
  };

  const fetched = (entry: Entry, issuer: KnownIssuer): Promise<Keys> => {
    if (entry.fetching) return entry.fetching;
    if (isCooling(entry)) return Promise.reject(new KeysUnavailable('tried-just-now'));
    entry.triedAt = now();
    entry.fetching = fetchKeys(get, issuer.issuer)
      .then((find) => {
        entry.failed = false;
        entry.keys = { find, fetchedAt: now() };
        return entry.keys;
      })
      .catch((error: unknown) => {
        entry.failed = true;
        warn(`identity provider ${issuer.id}: its keys cannot be fetched`, error);
        throw error;
      })
      .finally(() => {
        // The pause begins when a slow answer ends, or there would be none.
        entry.triedAt = now();
        entry.fetching = undefined;
      });
    return entry.fetching;
  };

  return {
    known: async (issuer) => {
      const entry = entryOf(issuer);
      const { keys } = entry;
      const age = keys ? now() - keys.fetchedAt : Number.POSITIVE_INFINITY;
      if (!keys || age >= USABLE_MS) return (await fetched(entry, issuer)).find;
      // In the background: nobody waits for what still works.
      if (age >= FRESH_MS) fetched(entry, issuer).catch(() => undefined);
      return keys.find;
    },

    newer: async (issuer) => {
      const entry = entryOf(issuer);
      if (!entry.fetching && isCooling(entry) && !entry.failed) return undefined;
      return (await fetched(entry, issuer)).find;
    },
  };
}

async function fetchKeys(get: GetJson, issuer: string): Promise<JWTVerifyGetKey> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const discovery = Discovery.safeParse(await get(address, MOST_DISCOVERY_BYTES));
  if (!discovery.success) throw new KeysUnavailable('no-keys');
  // Else whoever answers there could lend us the keys of another issuer.
  if (discovery.data.issuer !== issuer) throw new KeysUnavailable('other-issuer');
  const set = KeySet.safeParse(await get(discovery.data.jwks_uri, MOST_KEYS_BYTES));
  if (!set.success) throw new KeysUnavailable('no-keys');
  // jose finds no shared secret in it and no private key: both would sign for everybody.
  return createLocalJWKSet(set.data);
}
