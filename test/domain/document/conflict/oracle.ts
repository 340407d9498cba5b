import * as Automerge from '@automerge/automerge';

/** An element of one text, and the changes that typed and deleted it, by their hashes. */
type Element = {
  readonly id: string;
  readonly text: string;
  readonly typedBy: string;
  readonly deletedBy: Set<string>;
};

type Op = { action: string; elemId?: string; insert?: boolean; key?: string; value?: unknown };

/** What changes did to one text and the title, told by replaying their operations one by one. */
export class Oracle {
  readonly #elements: Element[] = [];
  readonly #pasts = new Map<string, ReadonlySet<string>>();
  readonly #titles = new Map<string, string>();

  constructor(changes: readonly Uint8Array[]) {
    for (const change of changes) this.#take(Automerge.decodeChange(change));
  }

  isConcurrent(one: string, other: string): boolean {
    return !this.#pasts.get(one)?.has(other) && !this.#pasts.get(other)?.has(one);
  }

  areTitlesInConflict(one: string, other: string): boolean {
    const [mine, theirs] = [this.#titles.get(one), this.#titles.get(other)];
    return mine !== undefined && theirs !== undefined && mine !== theirs;
  }

  /** Whether both touched the same words, and did not make the same of them. */
  areInSameWords(mine: string, theirs: string): boolean {
    const [myPast, theirPast] = [this.#pasts.get(mine)!, this.#pasts.get(theirs)!];
    const isTouched = (by: string) => (element: Element) =>
      (element.typedBy === by) !== element.deletedBy.has(by);
    const [byMe, byThem] = [isTouched(mine), isTouched(theirs)];
    const shown = this.#elements.filter(
      (element) =>
        byMe(element) || byThem(element) || isAlive(element, myPast) || isAlive(element, theirPast),
    );
    const textOf = (elements: readonly Element[], known: ReadonlySet<string>) =>
      elements.map((element) => (isAlive(element, known) ? element.text : '')).join('');
    const withMine = new Set([...myPast, mine]);
    const withTheirs = new Set([...theirPast, theirs]);
    const both = new Set([...withMine, ...withTheirs]);
    return regions(shown, (element) => byMe(element) || byThem(element))
      .filter((region) => region.some(byMe) && region.some(byThem))
      .some((region) => {
        const text = textOf(region, withMine);
        return text !== textOf(region, withTheirs) || text !== textOf(region, both);
      });
  }

  #take({ hash, deps, actor, startOp, ops }: Automerge.DecodedChange): void {
    const past = new Set(deps);
    for (const dep of deps) for (const known of this.#pasts.get(dep) ?? []) past.add(known);
    this.#pasts.set(hash, past);
    (ops as Op[]).forEach((op, index) => {
      if (op.key === 'title') this.#titles.set(hash, String(op.value));
      if (op.insert) this.#insert(`${startOp + index}@${actor}`, op, hash);
      else if (op.action === 'del') {
        this.#elements.find(({ id }) => id === op.elemId)?.deletedBy.add(hash);
      }
    });
  }

  /** Behind its neighbour, and behind what was typed there with a greater id. */
  #insert(id: string, { elemId, value }: Op, typedBy: string): void {
    let at = this.#elements.findIndex((element) => element.id === elemId) + 1;
    while (at < this.#elements.length && isGreater(this.#elements[at]!.id, id)) at++;
    this.#elements.splice(at, 0, { id, text: String(value), typedBy, deletedBy: new Set() });
  }
}

const isAlive = ({ typedBy, deletedBy }: Element, known: ReadonlySet<string>): boolean =>
  known.has(typedBy) && ![...deletedBy].some((by) => known.has(by));

function isGreater(one: string, other: string): boolean {
  const [counter = '', actor = ''] = one.split('@');
  const [otherCounter = '', otherActor = ''] = other.split('@');
  if (counter !== otherCounter) return Number(counter) > Number(otherCounter);
  return actor > otherActor;
}

/** Words and gaps beside each other of which each was touched. */
function regions(shown: readonly Element[], isTouched: (element: Element) => boolean): Element[][] {
  const text = shown.map((element) => element.text).join('');
  const found: Element[][] = [];
  let isOpen = false;
  for (const match of text.matchAll(/[\p{L}\p{N}\p{M}_]+|[^\p{L}\p{N}\p{M}_]+/gu)) {
    const token = shown.slice(match.index, match.index + match[0].length);
    const isIn = token.some(isTouched);
    if (isIn && isOpen) found.at(-1)!.push(...token);
    else if (isIn) found.push([...token]);
    isOpen = isIn;
  }
  return found;
}
