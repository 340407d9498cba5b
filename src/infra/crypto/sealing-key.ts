import { hash } from 'node:crypto';
import { LogTampered, type SealingKey, SubjectErased } from '#commands/ports.ts';
import type { EventHeader, StoredEvent } from '#domain/event.ts';
import { canonicalHeader, eventIdOf } from '#domain/header.ts';
import { NotAuthentic, type RandomBytes, decrypt, encrypt } from './aead.ts';
import { compressed, inflated } from './compression.ts';
import type { DataKey } from './data-key.ts';
import { readBody, writeBody } from './stored-body.ts';

/** Sealing with one key. For one command: a key held longer would outlive its destruction elsewhere. */
export function sealingKey(key: DataKey, random: RandomBytes): SealingKey {
  const alive = () => {
    if (key.subject !== undefined && key.erased) throw new SubjectErased(key.subject);
  };
  return {
    seal: (header, plain) => {
      alive();
      const whole: Omit<EventHeader, 'id'> = {
        ...header,
        ...(key.subject === undefined ? {} : { subject: key.subject }),
        keyVersion: key.version,
        bodyHmac: key.hmac('body hmac', plain).toString('hex'),
      };
      const body = writeBody(key, canonicalHeader(whole), plain, random);
      const event: StoredEvent = { header: { id: idOf(whole, body), ...whole }, body };
      // The views of this process open it next.
      key.remember(event, plain);
      return event;
    },
    sealBytes: (name, plain) => {
      alive();
      const smaller = compressed(plain);
      const tag = Uint8Array.of(smaller ? 1 : 0);
      return encrypt(key.for('bytes'), `${tag[0]} ${name}`, smaller ?? plain, random, tag);
    },
    nameOf: (text) => {
      alive();
      return key.hmac('name', text).toString('hex');
    },
    openBytes: (name, sealed) => {
      alive();
      try {
        const content = decrypt(key.for('bytes'), `${sealed[0]} ${name}`, sealed.subarray(1));
        return sealed[0] === 1 ? inflated(content) : content;
      } catch (error) {
        if (error instanceof NotAuthentic) return undefined;
        throw error;
      }
    },
  };
}

/**
 * The plain body, or `undefined` when the key was destroyed. Throws `LogTampered` when any field
 * of the header or any byte of the body is not what was sealed. (An event whose header was moved
 * to an erased subject reads as erased; the audit tree is what notices that.)
 */
export function openBody(key: DataKey, event: StoredEvent): Uint8Array | undefined {
  const known = key.plainOf(event);
  if (known) return known;
  const { id, ...header } = event.header;
  if (id !== idOf(header, event.body)) throw tampered(event, 'its id is not that of its body');
  if (key.erased) return undefined;
  try {
    const plain = readBody(key, canonicalHeader(header), event.body);
    key.remember(event, plain);
    return plain;
  } catch (cause) {
    throw tampered(event, 'header and body do not belong together', cause);
  }
}

export function tampered({ header }: StoredEvent, why: string, cause?: unknown): LogTampered {
  const error = new LogTampered(
    `Event ${header.revision} of ${header.stream} was altered: ${why}.`,
  );
  if (cause !== undefined) error.cause = cause;
  return error;
}

const idOf = (header: Omit<EventHeader, 'id'>, body: Uint8Array) =>
  eventIdOf(header.stream, header.commandId, header.commandIndex, hash('sha256', body, 'hex'));
