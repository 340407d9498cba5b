/** Those who wait for something to become true. */
export class Waiting {
  #wakes: (() => void)[] = [];
  #failure: Error | undefined;

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => this.#wakes.push(resolve));
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
    for (const wake of this.#wakes.splice(0)) wake();
  }
}
