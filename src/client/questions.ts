type Asked = {
  readonly resolve: (revision: number) => void;
  readonly reject: (error: Error) => void;
};

/** What was asked of the server by name, and waits for its answer. */
export class Questions {
  readonly #asked = new Map<number, Asked>();

  async ask(n: number, send: () => boolean): Promise<number> {
    const answer = new Promise<number>((resolve, reject) =>
      this.#asked.set(n, { resolve, reject }),
    );
    if (!send()) this.failed(n, new Error('There is no connection.'));
    return await answer.finally(() => this.#asked.delete(n));
  }

  answered(n: number, revision: number): void {
    this.#asked.get(n)?.resolve(revision);
  }

  failed(n: number, error: Error): void {
    this.#asked.get(n)?.reject(error);
  }

  allFailed(error: Error): void {
    for (const { reject } of this.#asked.values()) reject(error);
  }
}
