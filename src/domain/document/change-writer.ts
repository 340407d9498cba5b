import type { SectionId } from '#domain/ids.ts';
import { type Section, sectionsMap } from './content.ts';
import type { Cut } from './events.ts';
import type { NewElements } from './new-elements.ts';
import { TEXT_PER_CHANGE } from './limits.ts';
import {
  type ObjectId,
  ROOT,
  type Replica,
  applyChanges,
  headsOf,
  headsToBytes,
} from './replica.ts';

/** One Automerge change, and what it does. */
export type Written = {
  readonly bytes: Uint8Array;
  readonly touched: readonly SectionId[];
  readonly cuts: readonly Omit<Cut, 'change'>[];
  readonly elements?: NewElements | undefined;
};

/** Writes into a replica and keeps the Automerge changes that this makes. */
export type ChangeWriter = {
  readonly written: readonly Written[];
  /** UTF-16 units that readers see come and go; text that only moves is not counted. */
  readonly size: { inserted: number; deleted: number };
  readonly splice: (section: Writable, at: number, deleted: number, inserted: string) => void;
  readonly setTitle: (title: string) => void;
  readonly setOrder: (section: SectionId, order: string) => void;
  readonly setPresent: (section: Pick<Section, 'id' | 'length'>, present: boolean) => void;
  readonly addSection: (section: NewSection) => void;
  /** From here on, text only moves. */
  readonly beginCuts: () => void;
  readonly addCut: (cut: Pick<Cut, 'from' | 'at' | 'length' | 'to'>) => void;
  /** Takes in changes that were made elsewhere or by hand, after those written so far. */
  readonly add: (changes: readonly Written[]) => void;
  /** The last change touches these too. */
  readonly touch: (sections: Iterable<SectionId>) => void;
  /** The time of the changes, in seconds since 1970. */
  readonly seconds: number;
  /** Ends the change, if there is one. */
  readonly commit: () => void;
};

export type Writable = Pick<Section, 'id' | 'object' | 'present'>;
export type NewSection = {
  readonly id: SectionId;
  readonly order: string;
  readonly present: boolean;
  readonly text: string;
};

export function changeWriter(replica: Replica, now: Date): ChangeWriter {
  const written: Written[] = [];
  const size = { inserted: 0, deleted: 0 };
  const seconds = Math.floor(now.getTime() / 1_000);
  let heads = headsOf(replica);
  let touched = new Set<SectionId>();
  let cuts: Pick<Cut, 'from' | 'at' | 'length' | 'to'>[] = [];
  let length = 0;
  let isCutting = false;

  const commit = () => {
    if (replica.pendingOps() === 0) return;
    replica.commit(undefined, seconds);
    const bytes = replica.getLastLocalChange();
    if (!bytes) throw new Error('Automerge made no change of what was written.');
    const before = headsToBytes(heads);
    heads = headsOf(replica);
    const after = headsToBytes(heads);
    const around = cuts.map((cut) => ({ ...cut, before, after }));
    written.push({ bytes, touched: [...touched], cuts: around });
    [touched, cuts, length] = [new Set(), [], 0];
  };

  const splice: ChangeWriter['splice'] = ({ id, object, present }, at, deleted, inserted) => {
    // Keeps a change below the size that fits an append.
    if (length + inserted.length > TEXT_PER_CHANGE) commit();
    length += inserted.length;
    replica.splice(object, at, deleted, inserted);
    touched.add(id);
    if (isCutting || !present) return;
    size.inserted += inserted.length;
    size.deleted += deleted;
  };

  const map = (): ObjectId => sectionsMap(replica) ?? replica.putObject(ROOT, 'sections', {});

  const setField = (id: SectionId, field: string, value: string | boolean) => {
    const section = replica.getWithType(map(), id)?.[1];
    if (typeof section !== 'string') return;
    replica.put(section, field, value, typeof value === 'string' ? 'str' : 'boolean');
    touched.add(id);
  };

  return {
    written,
    size,
    splice,
    commit,
    setTitle: (title) => replica.put(ROOT, 'title', title, 'str'),
    setOrder: (id, order) => setField(id, 'order', order),
    setPresent({ id, length }, present) {
      setField(id, 'present', present);
      size[present ? 'inserted' : 'deleted'] += length;
    },
    addSection({ id, order, present, text }) {
      const section = replica.putObject(map(), id, {});
      replica.put(section, 'order', order, 'str');
      replica.put(section, 'present', present, 'boolean');
      const object = replica.putObject(section, 'text', '');
      touched.add(id);
      if (text !== '') splice({ id, object, present }, 0, 0, text);
    },
    beginCuts() {
      commit();
      isCutting = true;
    },
    addCut: (cut) => cuts.push(cut),
    add(changes) {
      commit();
      const bytes = changes.map((change) => change.bytes);
      applyChanges(replica, bytes);
      heads = headsOf(replica);
      for (const change of changes) written.push(change);
    },
    touch(sections) {
      const last = written.pop();
      if (last) written.push({ ...last, touched: [...new Set([...last.touched, ...sections])] });
    },
    seconds,
  };
}
