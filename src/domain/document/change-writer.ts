import type { SectionId } from '#domain/ids.ts';
import { sectionsMap } from './content.ts';
import type { Cut } from './events.ts';
import { TEXT_PER_CHANGE } from './limits.ts';
import { type Heads, type ObjectId, ROOT, type Replica, headsOf } from './replica.ts';

/** Writes into a replica and keeps the Automerge changes that this makes. */
export type ChangeWriter = {
  readonly changes: Uint8Array[];
  /** `change` is an index in `changes`. */
  readonly cuts: Cut[];
  readonly splice: (text: ObjectId, at: number, deleted: number, inserted: string) => void;
  readonly setTitle: (title: string) => void;
  readonly setField: (
    section: SectionId,
    field: 'order' | 'present',
    value: string | boolean,
  ) => void;
  readonly addSection: (section: NewSection) => ObjectId;
  /** What follows only moves text. */
  readonly beginCuts: () => void;
  /** The heads when the cuts began: what readers see was all written by then. */
  readonly seen: () => Heads;
  /** Ends the change, if there is one. */
  readonly commit: () => void;
};

export type NewSection = {
  readonly id: SectionId;
  readonly order: string;
  readonly present: boolean;
  readonly text: string;
};

export function changeWriter(replica: Replica, now: Date): ChangeWriter {
  const changes: Uint8Array[] = [];
  let written = 0;
  let seen: Heads | undefined;

  const commit = () => {
    if (replica.pendingOps() === 0) return;
    replica.commit(undefined, Math.floor(now.getTime() / 1000));
    const change = replica.getLastLocalChange();
    if (change) changes.push(change);
    written = 0;
  };

  /** Keeps a change below the size that fits an append. */
  const splice: ChangeWriter['splice'] = (text, at, deleted, inserted) => {
    if (written + inserted.length > TEXT_PER_CHANGE) commit();
    written += inserted.length;
    replica.splice(text, at, deleted, inserted);
  };

  const map = (): ObjectId => sectionsMap(replica) ?? replica.putObject(ROOT, 'sections', {});

  return {
    changes,
    cuts: [],
    beginCuts() {
      commit();
      seen = headsOf(replica);
    },
    seen: () => seen ?? headsOf(replica),
    splice,
    commit,
    setTitle: (title) => replica.put(ROOT, 'title', title, 'str'),
    setField(section, field, value) {
      const object = replica.getWithType(map(), section)?.[1];
      if (typeof object === 'string') replica.put(object, field, value);
    },
    addSection({ id, order, present, text }) {
      const section = replica.putObject(map(), id, {});
      replica.put(section, 'order', order, 'str');
      replica.put(section, 'present', present, 'boolean');
      const object = replica.putObject(section, 'text', '');
      if (text !== '') splice(object, 0, 0, text);
      return object;
    },
  };
}
