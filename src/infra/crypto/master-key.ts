import type { KeyObject } from 'node:crypto';
import { hash } from 'node:crypto';
import { PLATFORM, type TenantId } from '#domain/ids.ts';
import {
  KEY_BYTES,
  NotAuthentic,
  type RandomBytes,
  decrypt,
  derive,
  encrypt,
  takeKey,
} from './aead.ts';
import { DataKey } from './data-key.ts';
import type { KeyStore, SubjectKeyRow, TenantKeyRow } from './key-store.ts';

export type MasterKey = {
  /** Tells which master key wrapped a row, and nothing about the key. */
  readonly id: string;
  readonly wrap: KeyObject;
};

/** Leaves the caller's bytes as they are. Throws unless there are 32 of them. */
export function masterKeyOf(bytes: Uint8Array): MasterKey {
  if (bytes.length !== KEY_BYTES) {
    throw new Error(`The master key must be ${KEY_BYTES} bytes; this one has ${bytes.length}.`);
  }
  const root = takeKey(Uint8Array.from(bytes));
  const id = hash('sha256', derive(root, 'master key id').export(), 'hex').slice(0, 16);
  return { id, wrap: derive(root, 'wrap') };
}

export class WrongMasterKey extends Error {
  constructor() {
    super(
      'PALIMPSEST_MASTER_KEY is not the key that this data was sealed with. Nothing can be opened ' +
        'with another one: start with the key that was used before (in PALIMPSEST_HOME/keys, ' +
        'unless it was given from outside).',
    );
    this.name = 'WrongMasterKey';
  }
}

/** The associated data names the row, so that a wrapped key is worth nothing in another's place. */
const nameOf = (...parts: readonly (string | number)[]) => JSON.stringify(parts);

export const newKeyBytes = (random: RandomBytes): Uint8Array => Uint8Array.from(random(KEY_BYTES));

export function wrapTenantKey(
  master: MasterKey,
  of: { readonly tenant: TenantId; readonly version: number },
  bytes: Uint8Array,
  random: RandomBytes,
): TenantKeyRow {
  const name = nameOf('tenant key', of.tenant, of.version);
  return { ...of, masterKeyId: master.id, wrapped: encrypt(master.wrap, name, bytes, random) };
}

export function unwrapTenantKey(master: MasterKey, row: TenantKeyRow): DataKey {
  return new DataKey(row, takeKey(tenantKeyBytes(master, row)));
}

function tenantKeyBytes(
  master: MasterKey,
  { tenant, version, wrapped, masterKeyId }: TenantKeyRow,
) {
  if (masterKeyId !== master.id) throw new WrongMasterKey();
  return decrypt(master.wrap, nameOf('tenant key', tenant, version), wrapped);
}

type SubjectKeyName = Omit<SubjectKeyRow, 'wrapped'>;

const subjectName = ({ tenant, subject, version, tenantKeyVersion }: SubjectKeyName) =>
  nameOf('subject key', tenant, subject, version, tenantKeyVersion);

export function wrapSubjectKey(
  tenantKey: DataKey,
  of: SubjectKeyName,
  bytes: Uint8Array,
  random: RandomBytes,
): SubjectKeyRow & { readonly wrapped: Uint8Array } {
  return { ...of, wrapped: encrypt(tenantKey.for('wrap'), subjectName(of), bytes, random) };
}

/** Throws `NotAuthentic` on a tombstone, as on any bytes that are not the wrapped key of this row. */
export function unwrapSubjectKey(tenantKey: DataKey, row: SubjectKeyRow): DataKey {
  const wrapped = row.wrapped ?? new Uint8Array();
  return new DataKey(row, takeKey(decrypt(tenantKey.for('wrap'), subjectName(row), wrapped)));
}

/**
 * Fails at once when the data was sealed with another master key, instead of at the first event.
 * The platform tenant's key is the check value; the first start makes it.
 */
export async function checkMasterKey(
  store: KeyStore,
  master: Uint8Array,
  random: RandomBytes,
): Promise<void> {
  const key = masterKeyOf(master);
  const row =
    (await store.newestTenantKey(PLATFORM)) ??
    (await store.addTenantKey(
      wrapTenantKey(key, { tenant: PLATFORM, version: 1 }, newKeyBytes(random), random),
    ));
  try {
    unwrapTenantKey(key, row);
  } catch (error) {
    throw error instanceof NotAuthentic ? new WrongMasterKey() : error;
  }
}

/**
 * Replaces the master key: every tenant key is wrapped anew, in one transaction; data and subject
 * keys stay as they are. Processes that still run with the old master key fail at their next
 * unknown tenant, so stop them first. Answers how many tenant keys were wrapped.
 */
export async function rewrap(
  store: KeyStore,
  from: Uint8Array,
  to: Uint8Array,
  random: RandomBytes,
): Promise<number> {
  const [old, next] = [masterKeyOf(from), masterKeyOf(to)];
  return await store.rewrapTenantKeys((row) => {
    const bytes = tenantKeyBytes(old, row);
    const wrapped = wrapTenantKey(
      next,
      { tenant: row.tenant, version: row.version },
      bytes,
      random,
    );
    bytes.fill(0);
    return wrapped;
  });
}
