import { type KeyObject, createHmac } from 'node:crypto';
import type { EventHeader, StoredEvent, Subject } from '#domain/event.ts';
import type { TenantId } from '#domain/ids.ts';
import { derive } from './aead.ts';

/**
 * One version of a subject's key, or (without a subject) of a tenant's, unwrapped. Each use has a
 * key derived for it, made when first needed: opening needs one of them only.
 */
export class DataKey {
  readonly tenant: TenantId;
  readonly subject: Subject | undefined;
  readonly version: number;
  #root: KeyObject | undefined;
  readonly #derived = new Map<string, KeyObject>();
  /** What it sealed or opened, for no longer than somebody holds the event's header. */
  #known = new WeakMap<EventHeader, { readonly body: Uint8Array; readonly plain: Uint8Array }>();

  constructor(
    of: {
      readonly tenant: TenantId;
      readonly subject?: Subject | undefined;
      readonly version: number;
    },
    root: KeyObject | undefined,
  ) {
    this.tenant = of.tenant;
    this.subject = of.subject;
    this.version = of.version;
    this.#root = root;
  }

  /** The key was destroyed: what it sealed is gone for ever. */
  get erased(): boolean {
    return this.#root === undefined;
  }

  /** Whoever still holds this object can no longer seal or open with it. */
  erase(): void {
    this.#root = undefined;
    this.#derived.clear();
    this.#known = new WeakMap();
  }

  /** The plain body of an event that it sealed or opened before, if these are the same bytes. */
  plainOf({ header, body }: StoredEvent): Uint8Array | undefined {
    const known = this.#known.get(header);
    return known && Buffer.compare(known.body, body) === 0 ? known.plain : undefined;
  }

  remember({ header, body }: StoredEvent, plain: Uint8Array): void {
    this.#known.set(header, { body, plain });
  }

  /** HMAC-SHA-256 of the parts, one after the other. */
  hmac(
    purpose: 'body hmac' | 'plain body' | 'name',
    ...parts: readonly (string | Uint8Array)[]
  ): Buffer {
    const hmac = createHmac('sha256', this.for(purpose));
    for (const part of parts) hmac.update(part);
    return hmac.digest();
  }

  for(purpose: 'body' | 'body hmac' | 'plain body' | 'bytes' | 'wrap' | 'name'): KeyObject {
    const known = this.#derived.get(purpose);
    if (known) return known;
    if (!this.#root) throw new Error('A destroyed key was asked for.');
    const derived = derive(this.#root, purpose);
    this.#derived.set(purpose, derived);
    return derived;
  }
}
