import type { DocumentEvent } from '#domain/document/events.ts';
import type { ErasedEvent, EventHeader } from '#domain/event.ts';

/** What is known of an event when it is told to those who have the document open. */
export type Happened =
  | (DocumentEvent & { readonly header: EventHeader; readonly erased?: never })
  | (Pick<ErasedEvent, 'type' | 'header' | 'erased'> & { readonly data?: never });

/** Somebody who has the document open. Both are called in order and must not wait. */
export type Subscriber = {
  readonly session: string;
  readonly member: string;
  /** Events that take effect together. */
  readonly happened: (events: readonly Happened[]) => void;
  readonly told: (from: Speaker, what: Ephemeral) => void;
};
export type Speaker = Pick<Subscriber, 'session' | 'member'>;
export type Ephemeral =
  | { readonly kind: 'presence' | 'preview'; readonly data: Uint8Array }
  | { readonly kind: 'left' };

export type Other = Speaker & { readonly presence: Uint8Array | undefined };

type Place = {
  readonly subscriber: Subscriber;
  /** It has everything up to here; `undefined` while it is being told what there is. */
  cursor: number | undefined;
  readonly held: (readonly Happened[])[];
  presence: Uint8Array | undefined;
};

/**
 * One document that somebody has open, in this process: what happens to it, in the order of its
 * revisions, for everybody who has it open. Correct whoever writes, because it tells each revision
 * once and reads from the log what it did not hear of.
 */
export class Room {
  readonly #places = new Map<string, Place>();
  readonly #readFrom: (revision: number) => Promise<readonly Happened[]>;
  readonly #onLost: (error: unknown) => void;
  /** The last revision that was told; `undefined` until the first has joined. */
  #revision: number | undefined;
  #early: Happened[] = [];
  #unfinished: Happened[] = [];
  #reading = false;

  constructor(ports: {
    /** The events of the stream from this revision on, as many as are read at once. */
    readonly readFrom: (revision: number) => Promise<readonly Happened[]>;
    readonly onLost: (error: unknown) => void;
  }) {
    this.#readFrom = ports.readFrom;
    this.#onLost = ports.onLost;
  }

  get isEmpty(): boolean {
    return this.#places.size === 0;
  }

  get size(): number {
    return this.#places.size;
  }

  get revision(): number {
    return this.#revision ?? -1;
  }

  /** `look` reads the document; whatever happens from the revision it answers on is told. */
  async join<Seen extends { readonly revision: number }>(
    subscriber: Subscriber,
    look: () => Promise<Seen>,
  ): Promise<Seen> {
    const place: Place = { subscriber, cursor: undefined, held: [], presence: undefined };
    this.#places.set(subscriber.session, place);
    const seen = await look();
    if (this.#revision === undefined) {
      this.#revision = seen.revision;
      this.take(this.#early.splice(0));
    }
    return seen;
  }

  /** From here on the subscriber hears of everything behind `revision`. */
  begin(session: string, revision: number): void {
    const place = this.#places.get(session);
    if (place === undefined) return;
    place.cursor = revision;
    for (const events of place.held.splice(0)) tell(place, events);
  }

  leave({ session, member }: Speaker): void {
    if (!this.#places.delete(session)) return;
    this.speak({ session, member }, { kind: 'left' });
  }

  othersThan(session: string): readonly Other[] {
    return [...this.#places.values()]
      .filter(({ subscriber, cursor }) => subscriber.session !== session && cursor !== undefined)
      .map(({ subscriber: { session, member }, presence }) => ({ session, member, presence }));
  }

  /** To everybody else, now or never. */
  speak(from: Speaker, what: Ephemeral): void {
    const own = this.#places.get(from.session);
    if (own && what.kind === 'presence') own.presence = what.data;
    for (const { subscriber, cursor } of this.#places.values()) {
      if (subscriber.session !== from.session && cursor !== undefined) subscriber.told(from, what);
    }
  }

  /** Events in order, some of which may be known and before some of which others may be missing. */
  take(events: readonly Happened[]): void {
    if (this.#revision === undefined) {
      this.#early.push(...events);
      return;
    }
    let together: Happened[] = [];
    let readFrom: number | undefined;
    for (const event of events) {
      const { revision, parts = 0, commandId } = event.header;
      if (revision <= this.#revision) continue;
      if (revision > this.#revision + 1) readFrom = this.#revision + 1;
      // The room was opened in the middle of a command.
      else if (parts > this.#unfinished.length) readFrom = revision - parts;
      if (readFrom !== undefined) break;
      this.#revision = revision;
      if (together[0]?.header.commandId !== commandId) {
        this.#tellAll(together);
        together = [];
      }
      together.push(...this.#wholeOf(event));
    }
    this.#tellAll(together);
    if (readFrom !== undefined) this.#readOn(readFrom);
  }

  /** What a command did takes effect at once, in as many events as it was. */
  #tellAll(together: readonly Happened[]): void {
    if (together.length === 0) return;
    for (const place of this.#places.values()) tell(place, together);
  }

  #wholeOf(event: Happened): readonly Happened[] {
    const { commandId, unfinished, parts = 0 } = event.header;
    // Another command came in between: what was cut off never takes effect.
    if (this.#unfinished[0]?.header.commandId !== commandId) this.#unfinished = [];
    if (unfinished) {
      this.#unfinished.push(event);
      return [];
    }
    const whole = [...this.#unfinished.slice(this.#unfinished.length - parts), event];
    this.#unfinished = [];
    return whole;
  }

  /** Another process wrote meanwhile. */
  #readOn(from: number): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#readFrom(from)
      .then((events) => {
        this.#reading = false;
        const known = this.#revision ?? -1;
        if (from <= known) {
          this.#unfinished = events.filter(({ header }) => header.revision <= known);
        }
        this.take(events);
        // There may be more than is read at once, and nobody may write again for long.
        if (events.length > 0) this.#readOn(this.revision + 1);
      })
      .catch((error: unknown) => {
        this.#reading = false;
        this.#onLost(error);
      });
  }
}

function tell(place: Place, events: readonly Happened[]): void {
  const last = events.at(-1)?.header.revision ?? -1;
  if (place.cursor === undefined) place.held.push(events);
  else if (last > place.cursor) {
    place.cursor = last;
    place.subscriber.happened(events);
  }
}
