import { ChangeSet } from '@codemirror/state';

/**
 * What was typed here and is not acknowledged: how this text differs from the one that everybody
 * has. Cursors and previews are told in positions of the latter.
 */
export class Pending {
  #sent: { readonly n: number; readonly changes: ChangeSet }[] = [];
  #unsent: ChangeSet | undefined;

  typed(changes: ChangeSet): void {
    this.#unsent = this.#unsent?.compose(changes) ?? changes;
  }

  sent(n: number): void {
    if (this.#unsent === undefined) return;
    this.#sent.push({ n, changes: this.#unsent });
    this.#unsent = undefined;
  }

  acknowledged(n: number): void {
    this.#sent = this.#sent.filter((sent) => sent.n > n);
  }

  clear(): void {
    [this.#sent, this.#unsent] = [[], undefined];
  }

  /** The others changed this text, below what is pending. */
  heard(changes: ChangeSet): void {
    let below = changes;
    const rebased = (mine: ChangeSet): ChangeSet => {
      below = below.map(mine.invertedDesc);
      return mine.map(below);
    };
    this.#unsent = this.#unsent && rebased(this.#unsent);
    this.#sent = this.#sent
      .toReversed()
      .map(({ n, changes }) => ({ n, changes: rebased(changes) }))
      .toReversed();
  }

  /** `undefined`: nothing. */
  get changes(): ChangeSet | undefined {
    const all = [...this.#sent.map(({ changes }) => changes), this.#unsent];
    return all.reduce<ChangeSet | undefined>(
      (sum, one) => (sum === undefined ? one : one === undefined ? sum : sum.compose(one)),
      undefined,
    );
  }

  /** Where a position of this text is in the one that everybody has. */
  below(position: number): number {
    return this.changes?.invertedDesc.mapPos(position, -1) ?? position;
  }

  /** The other way. */
  above(position: number): number {
    return this.changes?.mapPos(Math.min(position, this.changes.length), -1) ?? position;
  }
}
