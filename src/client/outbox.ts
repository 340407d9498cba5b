/** Changes that the server has not acknowledged, oldest first. */
export type Unsent = { readonly group: Uint8Array; readonly change: Uint8Array };

/** What a client keeps on its device, so that nothing is lost when it is closed. */
export type Kept = {
  readonly revision: number;
  /** The document with everything that was typed in it. */
  readonly saved: Uint8Array;
  readonly actor: { readonly id: Uint8Array; readonly token: string };
  readonly unsent: readonly Unsent[];
};

/** Where it is kept: IndexedDB, a file, memory. One client at a time may use a store. */
export type Store = {
  load(): Promise<Kept | undefined>;
  save(kept: Kept): Promise<void>;
};

const MOST_AT_ONCE = 100;
/** A larger frame ends the connection, and would be sent again on the next one. */
const MOST_BYTES_AT_ONCE = 400_000;

type Sent = { readonly n: number; readonly count: number };

/** What is to be sent, in order, and what was sent and not acknowledged. */
export class Outbox {
  #unsent: Unsent[];
  #sent: Sent[] = [];
  #count = 0;

  constructor(unsent: readonly Unsent[] = []) {
    this.#unsent = [...unsent];
  }

  get all(): readonly Unsent[] {
    return this.#unsent;
  }

  get isEmpty(): boolean {
    return this.#unsent.length === 0;
  }

  add(unsent: Unsent): void {
    this.#unsent.push(unsent);
  }

  /** Numbers what is asked, whatever it is. */
  nextNumber(): number {
    return this.#count++;
  }

  /** The next changes of one group that were not sent through this connection. */
  next():
    | { readonly n: number; readonly group: Uint8Array; readonly changes: readonly Uint8Array[] }
    | undefined {
    const from = this.#sent.reduce((sum, { count }) => sum + count, 0);
    const first = this.#unsent[from];
    if (first === undefined) return undefined;
    let bytes = first.change.length;
    const rest = this.#unsent.slice(from + 1, from + MOST_AT_ONCE);
    const end = rest.findIndex(({ group, change }) => {
      bytes += change.length;
      return bytes > MOST_BYTES_AT_ONCE || !isSame(group, first.group);
    });
    const together = [first, ...(end < 0 ? rest : rest.slice(0, end))];
    const n = this.nextNumber();
    this.#sent.push({ n, count: together.length });
    return { n, group: first.group, changes: together.map(({ change }) => change) };
  }

  /** Whether it was changes that were acknowledged. */
  acknowledged(n: number): boolean {
    // Acknowledgements come in the order in which was sent.
    if (this.#sent[0]?.n !== n) return false;
    this.#unsent = this.#unsent.slice(this.#sent[0].count);
    this.#sent.shift();
    return true;
  }

  wasSent(n: number): boolean {
    return this.#sent.some((sent) => sent.n === n);
  }

  /** The connection is another one: what was sent may have been lost. */
  reconnected(): void {
    this.#sent = [];
  }

  /** Gives up what was not acknowledged. */
  clear(): readonly Unsent[] {
    const lost = this.#unsent;
    [this.#unsent, this.#sent] = [[], []];
    return lost;
  }
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, index) => byte === other[index]);
