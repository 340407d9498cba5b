import { randomBytes, randomUUID } from 'node:crypto';
import type { UnsealedHeader } from '#commands/ports.ts';
import type { Subject } from '#domain/event.ts';
import type { CommandId, MemberId, TenantId } from '#domain/ids.ts';
import { streamOf } from '#domain/stream.ts';
import type { KeyStore } from '#infra/crypto/key-store.ts';
import { aesSealer } from '#infra/crypto/sealer.ts';
import { memoryKeyStore } from '#infra/memory/key-store.ts';

export const acme = 'acme' as TenantId;
export const umbra = 'umbra' as TenantId;

export const newSubject = (): Subject => `document:${randomUUID()}`;

export const randomKeys = { bytes: (count: number) => Uint8Array.from(randomBytes(count)) };

/** A clock that stands still until it is moved. */
export function stoppedClock(start = '2026-03-01T12:00:00.000Z') {
  let time = Date.parse(start);
  return { now: () => new Date(time), move: (ms: number) => (time += ms) };
}

export function testSealer(
  options: {
    readonly store?: KeyStore;
    readonly masterKey?: Uint8Array;
    readonly clock?: { readonly now: () => Date };
    readonly ttlMs?: number;
    readonly maxKeys?: number;
  } = {},
) {
  return aesSealer({
    store: memoryKeyStore(),
    masterKey: Buffer.alloc(32, 7),
    ids: randomKeys,
    clock: stoppedClock(),
    ...options,
  });
}

/** The header of some event, not yet sealed. */
export function headerOf(changes: Partial<UnsealedHeader> = {}): UnsealedHeader {
  const tenant = changes.tenant ?? acme;
  return {
    stream: streamOf(tenant, 'document', randomUUID()),
    revision: 3,
    type: 'ChangesApplied',
    schemaVersion: 1,
    tenant,
    actor: randomUUID() as MemberId,
    commandId: randomUUID() as CommandId,
    commandIndex: 0,
    causationId: randomUUID(),
    correlationId: randomUUID(),
    recordedAt: '2026-03-01T12:00:00.000Z',
    ...changes,
  };
}
