/** So long the server may owe an answer; a network that is gone says nothing. */
const PATIENCE_MS = 15_000;

/** Begins a connection anew that is open and dead, or when the network comes and goes. */
export class ConnectionWatch {
  readonly #reconnect: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(reconnect: () => void, during: { readonly signal: AbortSignal }) {
    this.#reconnect = reconnect;
    for (const event of ['online', 'offline']) addEventListener(event, reconnect, during);
  }

  asked(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#reconnect();
    }, PATIENCE_MS);
  }

  answered(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
