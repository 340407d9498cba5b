import * as Automerge from '@automerge/automerge';
import type { Random } from '#test/support/random.ts';
import type { Character } from './oracle.ts';

type Shape = {
  title: Automerge.ImmutableString;
  sections: Record<string, { order: Automerge.ImmutableString; present: boolean; text: string }>;
  pad?: string;
};

/** A person with a real Automerge document, who writes in it while the others go on. */
export class OfflineWriter {
  #replica: Automerge.Doc<Shape>;
  #known = 0;
  #unsent: Uint8Array[] = [];
  /** The characters that were there when the others' changes were taken in. */
  seen: ReadonlySet<Character> = new Set();

  constructor(actor: string) {
    this.#replica = Automerge.init<Shape>({ actor });
  }

  get hasUnsent(): boolean {
    return this.#unsent.length > 0;
  }

  takeUnsent(): Uint8Array[] {
    return this.#unsent.splice(0);
  }

  /** Takes in everything that happened to the document. */
  catchUp(changes: readonly Uint8Array[]): void {
    const fresh = changes.slice(this.#known);
    this.#replica = Automerge.applyChanges(this.#replica, [...fresh])[0];
    this.#known = changes.length;
  }

  write(random: Random, newText: () => string): void {
    const sections = Object.entries(this.#replica.sections).filter(([, { present }]) => present);
    const [id, section] = sections[random.below(sections.length)] ?? [];
    if (id === undefined || section === undefined) return;
    const length = Array.from(section.text).length;
    const at = boundary(section.text, random.below(length + 1));
    const end = boundary(section.text, random.below(length + 1));
    const count = Math.min(Math.max(0, end - at), 12);
    this.#change((draft) => {
      const dice = random.below(24);
      if (dice === 0) draft.title = new Automerge.ImmutableString(newText());
      else if (dice === 1) draft.sections[id]!.present = false;
      else if (dice === 2) this.#moveToOtherPlace(draft, id, random);
      // From here on this writer's ids are far above everybody else's.
      else if (dice === 3) draft.pad = 'x'.repeat(200);
      else if (dice < 12) {
        const text = section.text.slice(at, at + count);
        const whole = text.isWellFormed() ? count : count - 1;
        Automerge.splice(draft, ['sections', id, 'text'], at, whole);
      } else Automerge.splice(draft, ['sections', id, 'text'], at, 0, newText());
    });
  }

  #moveToOtherPlace(draft: Shape, id: string, random: Random): void {
    const orders = Object.values(draft.sections).map(({ order }) => order.toString());
    const order = orders[random.below(orders.length)] ?? 'a0';
    draft.sections[id]!.order = new Automerge.ImmutableString(`${order}V`);
  }

  #change(write: (draft: Shape) => void): void {
    const before = Automerge.getHeads(this.#replica).join();
    this.#replica = Automerge.change(this.#replica, write);
    const change = Automerge.getLastLocalChange(this.#replica);
    if (change && Automerge.getHeads(this.#replica).join() !== before) this.#unsent.push(change);
  }
}

/** An offset between two characters: that of the `index`th. */
const boundary = (text: string, index: number): number =>
  Array.from(text).slice(0, index).join('').length;
