import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as Automerge from '@automerge/automerge';
import { type InspectedChange, inspected } from '#domain/document/accepting/inspected.ts';

type Shape = {
  title: Automerge.ImmutableString;
  sections: Record<string, { order: Automerge.ImmutableString; present: boolean; text: string }>;
};

/** A live client as others may build one: a real Automerge document of its own. */
export class ForeignWriter {
  readonly actor: string;
  #replica: Automerge.Doc<Shape>;

  constructor(actor: string) {
    this.actor = actor;
    this.#replica = Automerge.init<Shape>({ actor });
  }

  get heads(): readonly string[] {
    return Automerge.getHeads(this.#replica);
  }

  /** Everything that readers see, in the order of the sections. */
  get text(): string {
    return Object.entries(this.#replica.sections)
      .map(([id, { order, present, text }]) => ({
        id,
        order: `${order.toString()} ${id}`,
        present,
        text,
      }))
      .filter(({ present }) => present)
      .toSorted((one, other) => (one.order < other.order ? -1 : 1))
      .map(({ text }) => text)
      .join('');
  }

  textObject(section: string): string {
    const backend = Automerge.getBackend(this.#replica);
    return ['sections', section, 'text'].reduce(
      (object, key) => String(backend.getWithType(object, key)?.[1]),
      '_root',
    );
  }

  /** Of a section that the client knows. */
  lengthOf(section: string): number | undefined {
    return this.#replica.sections[section]?.text.length;
  }

  take(changes: readonly Uint8Array[]): void {
    this.#replica = Automerge.applyChanges(this.#replica, [...changes])[0];
  }

  splice(section: string, at: number, deleted: number, inserted = ''): InspectedChange {
    return this.#change((draft) =>
      Automerge.splice(draft, ['sections', section, 'text'], at, deleted, inserted),
    );
  }

  /** Several in one change, each in the text as the one before it left it. */
  spliceAll(
    section: string,
    patches: readonly (readonly [at: number, deleted: number, inserted: string])[],
  ): InspectedChange {
    return this.#change((draft) => {
      for (const [at, deleted, inserted] of patches) {
        Automerge.splice(draft, ['sections', section, 'text'], at, deleted, inserted);
      }
    });
  }

  rename(title: string): InspectedChange {
    return this.#change((draft) => {
      draft.title = new Automerge.ImmutableString(title);
    });
  }

  #change(write: (draft: Shape) => void): InspectedChange {
    this.#replica = Automerge.change(this.#replica, { time: 0 }, write);
    const bytes = Automerge.getLastLocalChange(this.#replica);
    assert.ok(bytes, 'something was written');
    return inspectedNow(bytes);
  }
}

/** A change that no sound client makes, with a checksum that fits. */
export const forged = (change: {
  readonly actor: string;
  readonly seq: number;
  readonly startOp: number;
  readonly deps: readonly string[];
  readonly time?: number;
  readonly ops: readonly object[];
}): Uint8Array =>
  Automerge.encodeChange({
    time: 0,
    message: null,
    ...change,
  } as unknown as Automerge.DecodedChange);

export const inspectedNow = (bytes: Uint8Array): InspectedChange =>
  inspected(bytes, createHash('sha256').update(bytes.subarray(8)).digest('hex'));
