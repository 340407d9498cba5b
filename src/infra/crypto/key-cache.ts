import type { Clock } from '#commands/ports.ts';

type Entry<Value> = { readonly value: Value; readonly until: number };

/**
 * Unwrapped keys, for a while. What was put in is gone when its time is up, however often it is
 * used: only then is a key that another process destroyed gone here too.
 */
export class KeyCache<Value> {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #ttlMs: number;
  readonly #maxKeys: number;
  /** Oldest first, as everything stays for the same time. */
  readonly #entries = new Map<string, Entry<Value>>();

  constructor(clock: Pick<Clock, 'now'>, ttlMs: number, maxKeys: number) {
    this.#clock = clock;
    this.#ttlMs = ttlMs;
    this.#maxKeys = maxKeys;
  }

  get(name: string): Value | undefined {
    this.sweep();
    return this.#entries.get(name)?.value;
  }

  set(name: string, value: Value): void {
    this.#entries.delete(name);
    this.#entries.set(name, { value, until: this.#clock.now().getTime() + this.#ttlMs });
    if (this.#entries.size > this.#maxKeys) this.#dropOldest();
  }

  /** Forgets at once what is wanted no more, and hands it out for the last time. */
  takeWhere(unwanted: (value: Value) => boolean): Value[] {
    const taken = [...this.#entries].filter(([, { value }]) => unwanted(value));
    for (const [name] of taken) this.#entries.delete(name);
    return taken.map(([, { value }]) => value);
  }

  /** Forgets what is too old. Every access does; an idle process may want to, too. */
  sweep(): void {
    const now = this.#clock.now().getTime();
    for (const [name, { until }] of this.#entries) {
      // A clock that was set back must not lengthen a key's life.
      if (until > now && until <= now + this.#ttlMs) return;
      this.#entries.delete(name);
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  #dropOldest(): void {
    for (const name of this.#entries.keys()) {
      this.#entries.delete(name);
      return;
    }
  }
}
