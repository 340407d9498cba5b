import type { Clock, Ids, Sealer } from '#commands/ports.ts';
import type { EventHeader } from '#domain/event.ts';
import { KeyRing, nameOf } from './key-ring.ts';
import type { KeyRef, KeyStore } from './key-store.ts';
import { masterKeyOf } from './master-key.ts';
import { openBody, sealingKey, tampered } from './sealing-key.ts';

export type SealerOptions = {
  readonly store: KeyStore;
  /** 32 bytes; `checkMasterKey` tells at start whether they are the right ones. */
  readonly masterKey: Uint8Array;
  readonly ids: Pick<Ids, 'bytes'>;
  readonly clock: Pick<Clock, 'now'>;
  /** How long a key that another process destroyed may still be used here. */
  readonly ttlMs?: number;
  readonly maxKeys?: number;
};

/** Seals with AES-256-GCM under keys that are wrapped by the tenant's, wrapped by the master key. */
export function aesSealer(options: SealerOptions): Sealer {
  const { store, masterKey, ids, clock, ttlMs = 60_000, maxKeys = 20_000 } = options;
  const random = (count: number) => ids.bytes(count);
  const ring = new KeyRing({
    store,
    master: masterKeyOf(masterKey),
    random,
    clock,
    ttlMs,
    maxKeys,
  });
  return {
    keyFor: async (tenant, subject) => sealingKey(await ring.subjectKey(tenant, subject), random),
    plainKey: async (tenant) => sealingKey(await ring.tenantKey(tenant), random),
    opener: async (headers) => {
      const keys = await ring.find(headers.map(keyOf));
      return (event) => {
        const key = keys.get(nameOf(keyOf(event.header)));
        if (!key) throw tampered(event, 'it names a key that does not exist');
        return openBody(key, event);
      };
    },
    destroy: async (tenant, subject) => {
      await ring.destroy(tenant, subject);
    },
  };
}

/** An event that names no possible key was not written by us; 0 is the version that none has. */
const keyOf = ({ tenant, subject, keyVersion = 0 }: EventHeader): KeyRef => ({
  tenant,
  subject,
  version: Number.isInteger(keyVersion) && Math.abs(keyVersion) < 2 ** 31 ? keyVersion : 0,
});
