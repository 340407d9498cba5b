/** Those who wait for something to become true. */
export class Waiting {
  #wakes: (() => void)[] = [];

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#wakes.push(resolve));
  }

  /** It may be true by now. */
  wake(): void {
    for (const wake of this.#wakes.splice(0)) wake();
  }
}
