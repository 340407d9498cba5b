import { timingSafeEqual } from 'node:crypto';
import type { EventHeader, StoredEvent } from '#domain/event.ts';
import { KeyRing, type KeyRingOptions, nameOf } from './key-ring.ts';
import type { KeyRef } from './key-store.ts';
import { openBody, tampered } from './sealing-key.ts';

export type BodyCheck = (events: readonly StoredEvent[]) => Promise<(event: StoredEvent) => void>;

/**
 * Checks what opening a body need not check every time: besides seal and id, that `bodyHmac` is
 * that of the plain body. The check throws `LogTampered`; an erased body has only its id left.
 */
export function bodyCheck(options: KeyRingOptions): BodyCheck {
  const ring = new KeyRing(options);
  return async (events) => {
    const keys = await ring.find(events.map(({ header }) => keyOf(header)));
    return (event) => {
      const { header } = event;
      const key = keys.get(nameOf(keyOf(header)));
      if (!key) throw tampered(event, 'it names a key that does not exist');
      const plain = openBody(key, event);
      if (plain === undefined) return;
      const hmac = key.hmac('body hmac', plain);
      if (!timingSafeEqual(hmac, Buffer.from(header.bodyHmac, 'hex'))) {
        throw tampered(event, 'its bodyHmac is not that of its body');
      }
    };
  };
}

const keyOf = ({ tenant, subject, keyVersion = 0 }: EventHeader): KeyRef => ({
  tenant,
  subject,
  version: keyVersion,
});
