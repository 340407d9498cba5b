import type { Kept, Store } from './outbox.ts';

/** Keeps the newest state on the device; what is newer replaces what waits to be kept. */
export class Keeper {
  readonly #store: Store | undefined;
  #next: (() => Kept | undefined) | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(store: Store | undefined) {
    this.#store = store;
  }

  /** `kept` is called at once where nothing is being kept, else when that is done. */
  keep(kept: () => Kept | undefined): void {
    if (this.#store === undefined) return;
    const isWaiting = this.#next !== undefined;
    this.#next = kept;
    if (!isWaiting) this.#saving = this.#saving.then(() => this.#save());
  }

  async settled(): Promise<void> {
    await this.#saving;
  }

  async #save(): Promise<void> {
    const kept = this.#next?.();
    this.#next = undefined;
    // A full disk must not stop anybody from typing; the server still has the rest.
    if (kept !== undefined) await this.#store?.save(kept).catch(() => undefined);
  }
}
