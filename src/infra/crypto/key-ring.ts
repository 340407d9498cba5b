import { type Clock, SubjectErased } from '#commands/ports.ts';
import type { Subject } from '#domain/event.ts';
import type { TenantId } from '#domain/ids.ts';
import type { RandomBytes } from './aead.ts';
import { DataKey } from './data-key.ts';
import { KeyCache } from './key-cache.ts';
import type { FoundKeys, KeyRef, KeyStore, SubjectKeyRow, TenantKeyRow } from './key-store.ts';
import {
  type MasterKey,
  newKeyBytes,
  unwrapSubjectKey,
  unwrapTenantKey,
  wrapSubjectKey,
  wrapTenantKey,
} from './master-key.ts';

export type KeyRingOptions = {
  readonly store: KeyStore;
  readonly master: MasterKey;
  readonly random: RandomBytes;
  readonly clock: Pick<Clock, 'now'>;
  readonly ttlMs: number;
  readonly maxKeys: number;
};

/** Finds, makes, unwraps and forgets keys. */
export class KeyRing {
  readonly #options: KeyRingOptions;
  readonly #cache: KeyCache<DataKey>;
  readonly #pending = new Map<string, Promise<DataKey>>();
  /** Counts destructions: what was fetched before one must not be cached after it. */
  #destroyed = 0;

  constructor(options: KeyRingOptions) {
    this.#options = options;
    this.#cache = new KeyCache(options.clock, options.ttlMs, options.maxKeys);
  }

  /** The newest version, made when there is none. */
  async tenantKey(tenant: TenantId): Promise<DataKey> {
    return await this.#cached(newest(tenant), async () => {
      const { store, master, random } = this.#options;
      const row =
        (await store.newestTenantKey(tenant)) ??
        (await store.addTenantKey(
          wrapTenantKey(master, { tenant, version: 1 }, newKeyBytes(random), random),
        ));
      return unwrapTenantKey(master, row);
    });
  }

  /** The newest version, made when there is none. Throws `SubjectErased`. */
  async subjectKey(tenant: TenantId, subject: Subject): Promise<DataKey> {
    const key = await this.#cached(newest(tenant, subject), async () => {
      const { store } = this.#options;
      const row =
        (await store.newestSubjectKey(tenant, subject)) ??
        (await store.addSubjectKey(await this.#newSubjectKey(tenant, subject)));
      if (row.wrapped === undefined) return new DataKey(row, undefined);
      return unwrapSubjectKey(await this.#tenantKeyAt(tenant, row.tenantKeyVersion), row);
    });
    if (key.erased) throw new SubjectErased(subject);
    return key;
  }

  /** Every key that exists, by `nameOf`; one step for all that is not at hand. */
  async find(refs: Iterable<KeyRef>): Promise<ReadonlyMap<string, DataKey>> {
    const found = new Map<string, DataKey>();
    const missing = new Map<string, KeyRef>();
    for (const ref of refs) {
      const name = nameOf(ref);
      if (found.has(name) || missing.has(name)) continue;
      const key = this.#cache.get(name);
      if (key) found.set(name, key);
      else missing.set(name, ref);
    }
    if (missing.size === 0) return found;
    const before = this.#destroyed;
    const rows = await this.#options.store.find([...missing.values()]);
    for (const [name, key] of this.#unwrapped(rows)) {
      found.set(name, key);
      if (before === this.#destroyed) this.#cache.set(name, key);
    }
    return found;
  }

  async destroy(tenant: TenantId, subject: Subject): Promise<void> {
    await this.#options.store.destroySubjectKeys(tenant, subject);
    this.#destroyed++;
    const gone = this.#cache.takeWhere((key) => key.tenant === tenant && key.subject === subject);
    for (const key of gone) key.erase();
  }

  async #newSubjectKey(tenant: TenantId, subject: Subject) {
    const { random } = this.#options;
    const tenantKey = await this.tenantKey(tenant);
    const of = { tenant, subject, version: 1, tenantKeyVersion: tenantKey.version };
    const bytes = newKeyBytes(random);
    const row = wrapSubjectKey(tenantKey, of, bytes, random);
    // Two processes may make a key at once; only what the store then answers is used.
    bytes.fill(0);
    return row;
  }

  async #tenantKeyAt(tenant: TenantId, version: number): Promise<DataKey> {
    const current = await this.tenantKey(tenant);
    if (current.version === version) return current;
    const ref = { tenant, subject: undefined, version };
    const key = (await this.find([ref])).get(nameOf(ref));
    if (!key) throw new Error(`Version ${version} of the key of tenant ${tenant} is missing.`);
    return key;
  }

  #unwrapped({ tenantKeys, subjectKeys }: FoundKeys): Map<string, DataKey> {
    const keys = new Map<string, DataKey>();
    for (const row of tenantKeys)
      keys.set(nameOf({ ...row, subject: undefined }), this.#unwrap(row));
    for (const row of subjectKeys) {
      const key = row.wrapped ? this.#unwrapBy(keys, row) : new DataKey(row, undefined);
      if (key) keys.set(nameOf(row), key);
    }
    return keys;
  }

  #unwrapBy(tenantKeys: ReadonlyMap<string, DataKey>, row: SubjectKeyRow): DataKey | undefined {
    const { tenant, tenantKeyVersion: version } = row;
    const tenantKey = tenantKeys.get(nameOf({ tenant, subject: undefined, version }));
    return tenantKey && unwrapSubjectKey(tenantKey, row);
  }

  #unwrap(row: TenantKeyRow): DataKey {
    const cached = this.#cache.get(nameOf({ ...row, subject: undefined }));
    return cached ?? unwrapTenantKey(this.#options.master, row);
  }

  async #cached(name: string, load: () => Promise<DataKey>): Promise<DataKey> {
    const known = this.#cache.get(name) ?? this.#pending.get(name);
    if (known) return await known;
    const before = this.#destroyed;
    const loading = load()
      .then((key) => {
        if (before === this.#destroyed) {
          this.#cache.set(name, key);
          this.#cache.set(nameOf(key), key);
        }
        return key;
      })
      .finally(() => this.#pending.delete(name));
    this.#pending.set(name, loading);
    return await loading;
  }
}

const newest = (tenant: TenantId, subject?: Subject) => `${tenant} ${subject ?? ''} `;

/** A tenant id holds no space, so no two keys have one name. */
export const nameOf = ({ tenant, subject, version }: KeyRef): string =>
  newest(tenant, subject) + version;
