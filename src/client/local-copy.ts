import { hex, inflated } from './bytes.ts';
import { decode } from './cbor.ts';
import { EditGroups } from './edit-groups.ts';
import { Keeper } from './keeper.ts';
import { type Kept, Outbox, type Store, type Unsent } from './outbox.ts';
import type { LiveEvent, Welcome } from './protocol.ts';
import { Replica } from './replica.ts';
import type { TextSplice } from './text-splices.ts';

type Actor = Kept['actor'];

/** Of one change; the server takes 20,000, and whoever sends more writes no more. */
const MOST_OPERATIONS = 10_000;

/** The document on this device, what of it was not sent yet, and where both are kept. */
export class LocalCopy {
  readonly #groups = new EditGroups();
  readonly #keeper: Keeper;
  replica: Replica | undefined;
  outbox = new Outbox();
  actor: Actor | undefined;
  /** Everything up to here is in the copy; -1 for an empty one. */
  revision = -1;

  constructor(store: Store | undefined) {
    this.#keeper = new Keeper(store);
  }

  restore(kept: Kept): void {
    this.actor = { ...kept.actor };
    this.revision = kept.revision;
    this.outbox = new Outbox(kept.unsent);
    this.replica = Replica.load(kept.saved, hex(kept.actor.id));
  }

  /** Writes at once; `commit` makes it a change. Throws where the document may not be edited. */
  write(place: string, change: (replica: Replica) => void): void {
    if (this.replica === undefined || this.actor === undefined) {
      throw new Error('There is no right to edit this document.');
    }
    if (this.#groups.isNew(place)) this.commit();
    this.#groups.take(place);
    change(this.replica);
  }

  /** Of many characters, several changes of one group. */
  splice(section: string, at: number, deleted: number, inserted: string, place = section): void {
    const write = (at: number, deleted: number, inserted: string) => {
      if ((this.replica?.pending ?? 0) >= MOST_OPERATIONS) this.commit();
      this.write(place, (replica) => replica.splice(section, at, deleted, inserted));
    };
    if (deleted + inserted.length <= MOST_OPERATIONS) return write(at, deleted, inserted);
    const gone = this.replica?.textOf(section).slice(at, at + deleted) ?? '';
    if (gone.length < deleted) throw new RangeError(`Section ${section} ends earlier.`);
    for (const piece of piecesOf(gone)) write(at, piece.length, '');
    for (const piece of piecesOf(inserted)) {
      write(at, 0, piece);
      at += piece.length;
    }
  }

  /** What was typed since the last time becomes one change, to be sent. */
  commit(): void {
    const change = this.replica?.commit();
    if (change === undefined) return;
    this.outbox.add({ group: this.#groups.current, change });
    this.keep();
  }

  /** Answers what became of the texts, `undefined` where that must be looked at. */
  take(events: readonly LiveEvent[]): readonly TextSplice[] | undefined {
    this.commit();
    const splices = this.replica?.apply(events.flatMap(({ changes }) => changes ?? []));
    this.reached(Math.max(this.revision, ...events.map(({ revision }) => revision)));
    return splices;
  }

  reached(revision: number): void {
    this.revision = Math.max(this.revision, revision);
    this.keep();
  }

  /** Throws where the document and what is not sent yet do not go together. */
  async catchUp({ snapshot, events }: Pick<Welcome, 'snapshot' | 'events'>): Promise<void> {
    if (snapshot !== undefined) return this.#replace(snapshot);
    if (events === undefined) return;
    this.take(decode(await inflated(events)) as unknown as readonly LiveEvent[]);
  }

  /** The server's document, with what it has not got yet. */
  #replace(snapshot: Uint8Array): void {
    this.commit();
    this.replica?.free();
    this.replica = Replica.load(snapshot, this.actor && hex(this.actor.id));
    this.replica.apply(this.outbox.all.map(({ change }) => change));
  }

  /** From now on the document may be edited. */
  writeAs(actor: Actor): void {
    const saved = this.replica?.save();
    this.replica?.free();
    this.actor = actor;
    this.replica = saved && Replica.load(saved, hex(actor.id));
  }

  /** The copy holds what nobody else will ever have: what is not the document's is given up. */
  discard(): readonly Unsent[] {
    this.commit();
    const lost = this.outbox.clear();
    this.replica?.free();
    this.replica = undefined;
    this.revision = -1;
    return lost;
  }

  keep(): void {
    this.#keeper.keep(() => {
      // Saving would end a change that nobody sends.
      this.commit();
      const { replica, actor, revision, outbox } = this;
      if (replica === undefined || actor === undefined) return undefined;
      return { revision, saved: replica.save(), actor, unsent: [...outbox.all] };
    });
  }

  async close(): Promise<void> {
    this.commit();
    await this.#keeper.settled();
    this.replica?.free();
    this.replica = undefined;
  }
}

/** Of so many code units, and no half of a character. */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let from = 0; from < text.length; from += pieces.at(-1)!.length) {
    const end = from + MOST_OPERATIONS;
    const isCut = /[\ud800-\udbff]/.test(text[end - 1] ?? '') && end < text.length;
    pieces.push(text.slice(from, isCut ? end - 1 : end));
  }
  return pieces;
}
