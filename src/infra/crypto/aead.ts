import {
  type KeyObject,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
} from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export type RandomBytes = (count: number) => Uint8Array;

/** The bytes do not authenticate under this key and this associated data. */
export class NotAuthentic extends Error {
  constructor(options?: ErrorOptions) {
    super('These bytes were not sealed with this key and this associated data.', options);
    this.name = 'NotAuthentic';
  }
}

/**
 * AES-256-GCM (NIST SP 800-38D), as `prefix ‖ nonce ‖ ciphertext ‖ tag`. Nonces are 96 random bits:
 * up to 2^32 messages a key the chance that two are alike stays below 2^-32. No key here comes
 * near: a subject key seals one document's or one person's events, a tenant key wraps one key per
 * subject, the master key one per tenant.
 */
export function encrypt(
  key: KeyObject,
  associated: string,
  plain: Uint8Array,
  random: RandomBytes,
  prefix: Uint8Array = new Uint8Array(),
): Buffer<ArrayBuffer> {
  const nonce = random(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce);
  cipher.setAAD(Buffer.from(associated));
  const sealed = [prefix, nonce, cipher.update(plain), cipher.final()];
  return Buffer.concat([...sealed, cipher.getAuthTag()]);
}

/** Opens what `encrypt` made (without its prefix). Throws `NotAuthentic`. */
export function decrypt(key: KeyObject, associated: string, sealed: Uint8Array): Buffer {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new NotAuthentic();
  const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(associated));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const plain = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
  try {
    decipher.final();
  } catch (cause) {
    throw new NotAuthentic({ cause });
  }
  return plain;
}

/** One key, one purpose (HKDF-SHA-256, RFC 5869): what leaks about one use says nothing of another. */
export function derive(key: KeyObject, purpose: string): KeyObject {
  const derived = new Uint8Array(hkdfSync('sha256', key, '', `palimpsest ${purpose}`, KEY_BYTES));
  return takeKey(derived);
}

/**
 * Moves key bytes out of JavaScript's heap and zeroes them there. OpenSSL's copy is cleansed when
 * the `KeyObject` is collected, so forgetting a key is dropping the last reference to it.
 */
export function takeKey(bytes: Uint8Array): KeyObject {
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}
