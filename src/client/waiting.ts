/** Those who wait for something to become true. */
export class Waiting {
  #waiting: { readonly wake: () => void; readonly refuse: (failure: Error) => void }[] = [];
  #failure: Error | undefined;

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((wake, refuse) => this.#waiting.push({ wake, refuse }));
    }
  }

  /** What is not true by now never will be. */
  fail(failure: Error): void {
    this.#failure = failure;
    this.wake();
  }

  /** It may become true again. */
  hope(): void {
    this.#failure = undefined;
  }

  /** It may be true by now. */
  wake(): void {
    for (const { wake } of this.#waiting.splice(0)) wake();
  }

  /** What is waited for will not be, though whoever waits from now on may see something like it. */
  refuse(failure: Error): void {
    for (const { refuse } of this.#waiting.splice(0)) refuse(failure);
  }
}
