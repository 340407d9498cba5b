import { createHash, timingSafeEqual } from 'node:crypto';

const SECRET_BYTES = 32;

/** The secret part of a new API key: 256 random bits in base64url. */
export const newSecret = (random: (count: number) => Uint8Array): string =>
  Buffer.from(random(SECRET_BYTES)).toString('base64url');

/**
 * SHA-256 (hex) of the secret's text: all that is kept of it. One fast round is enough, because
 * 256 random bits cannot be guessed as a password can; and hashing the text, not the bytes, leaves
 * exactly one text that fits.
 */
export const hashSecret = (secret: string): string =>
  createHash('sha256').update(secret).digest('hex');

/** In constant time, so that answers do not tell how much of a guess was right. */
export function secretFits(secret: string, secretHash: string): boolean {
  const [given, kept] = [Buffer.from(hashSecret(secret)), Buffer.from(secretHash)];
  return given.length === kept.length && timingSafeEqual(given, kept);
}
