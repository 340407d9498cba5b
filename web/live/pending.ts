import type { ChangeDesc, ChangeSet } from '@codemirror/state';

/**
 * What was typed here and is not acknowledged: how this text differs from the one that everybody
 * has. Cursors and previews are told in positions of the latter.
 */
export class Pending {
  #sent: { readonly n: number; readonly changes: ChangeSet }[] = [];
  #unsent: ChangeSet | undefined;
  /** All of it as one, and back: asked for many times between two edits. */
  #sum:
    | { readonly changes: ChangeSet | undefined; readonly back: ChangeDesc | undefined }
    | undefined;

  typed(changes: ChangeSet): void {
    this.#sum = undefined;
    this.#unsent = this.#unsent?.compose(changes) ?? changes;
  }

  sent(n: number): void {
    if (this.#unsent === undefined) return;
    this.#sent.push({ n, changes: this.#unsent });
    this.#unsent = undefined;
  }

  acknowledged(n: number): void {
    this.#sum = undefined;
    this.#sent = this.#sent.filter((sent) => sent.n > n);
  }

  clear(): void {
    this.#sum = undefined;
    [this.#sent, this.#unsent] = [[], undefined];
  }

  /** The others changed this text, below what is pending. */
  heard(changes: ChangeSet): void {
    this.#sum = undefined;
    let below = changes;
    let isWhole = true;
    const rebased = (mine: ChangeSet): ChangeSet => {
      const above = below;
      below = above.map(mine.invertedDesc);
      const now = mine.map(below);
      isWhole &&= now.newLength === above.newLength;
      return now;
    };
    this.#unsent = this.#unsent && rebased(this.#unsent);
    this.#sent = this.#sent
      .toReversed()
      .map(({ n, changes }) => ({ n, changes: rebased(changes) }))
      .toReversed();
    // Somebody deleted what only we have: it is no edit of the text below any more.
    if (!isWhole) this.clear();
  }

  /** `undefined`: nothing. */
  get changes(): ChangeSet | undefined {
    return this.#all().changes;
  }

  /** Where a position of this text is in the one that everybody has. */
  below(position: number): number {
    return this.#all().back?.mapPos(position, -1) ?? position;
  }

  /** The other way. */
  above(position: number): number {
    const { changes } = this.#all();
    return changes?.mapPos(Math.min(position, changes.length), -1) ?? position;
  }

  #all() {
    if (this.#sum !== undefined) return this.#sum;
    let changes: ChangeSet | undefined;
    for (const one of [...this.#sent.map(({ changes }) => changes), this.#unsent]) {
      changes = one === undefined ? changes : (changes?.compose(one) ?? one);
    }
    return (this.#sum = { changes, back: changes?.invertedDesc });
  }
}
