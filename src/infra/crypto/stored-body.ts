import { timingSafeEqual } from 'node:crypto';
import { encrypt, decrypt, type RandomBytes } from './aead.ts';
import { compressed, inflated } from './compression.ts';
import type { DataKey } from './data-key.ts';

// The bytes of a stored body, for ever:
//   0x10 | 0x11  plain, plain and deflated      tag ‖ MAC (32) ‖ content
//   0x12 | 0x13  sealed, sealed and deflated    tag ‖ nonce (12) ‖ ciphertext ‖ GCM tag (16)
// The tag is authenticated together with the header, or a body could be read as another kind.
const PLAIN = 0x10;
const SEALED = 0x12;
const DEFLATED = 0x01;

const MAC_BYTES = 32;

/** `header` is the event's canonical header without its id. */
export function writeBody(
  key: DataKey,
  header: string,
  plain: Uint8Array,
  random: RandomBytes,
): Uint8Array {
  const smaller = compressed(plain);
  const content = smaller ?? plain;
  const tag = (key.subject === undefined ? PLAIN : SEALED) | (smaller ? DEFLATED : 0);
  const associated = associatedData(tag, header);
  if (key.subject === undefined) {
    // The MAC stands in for GCM's tag, so that a clear body protects its header just as well.
    return Buffer.concat([Uint8Array.of(tag), macOf(key, associated, content), content]);
  }
  return encrypt(key.for('body'), associated, content, random, Uint8Array.of(tag));
}

/** Throws, whatever the reason, when these are not the bytes that were written under this header. */
export function readBody(key: DataKey, header: string, stored: Uint8Array): Uint8Array {
  const tag = stored[0] ?? 0;
  const kind = tag & ~DEFLATED;
  if (kind !== (key.subject === undefined ? PLAIN : SEALED)) throw new Error('Unknown format.');
  const associated = associatedData(tag, header);
  const rest = stored.subarray(1);
  const content =
    kind === SEALED ? decrypt(key.for('body'), associated, rest) : authentic(key, associated, rest);
  return tag & DEFLATED ? inflated(content) : content;
}

function authentic(key: DataKey, associated: string, rest: Uint8Array): Uint8Array {
  const content = rest.subarray(MAC_BYTES);
  const mac = rest.subarray(0, MAC_BYTES);
  if (mac.length !== MAC_BYTES || !timingSafeEqual(mac, macOf(key, associated, content))) {
    throw new Error('The MAC does not fit.');
  }
  return content;
}

const associatedData = (tag: number, header: string): string => String.fromCharCode(tag) + header;

/** A header is JSON and never holds a NUL, so header and content cannot run into each other. */
const macOf = (key: DataKey, associated: string, content: Uint8Array): Buffer =>
  key.hmac('plain body', associated, '\0', content);
