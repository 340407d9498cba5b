import { randomUUID } from 'node:crypto';
import { type LiveEvent, Replica } from '../palimpsest.ts';
import { KEYSTROKES_A_CHANGE, inGroups } from './groups.ts';
import {
  type Actor,
  type Address,
  type LiveClient,
  actorOf,
  connectLive,
} from './palimpsest-client.ts';
import type { ServerProcess } from './server-process.ts';
import type { Edit, Session } from './session.ts';

/** Changes of the history that are taken back at once: what was typed in ten seconds. */
const CHANGES_A_GROUP = 20;

export const newGroup = (): Uint8Array => Buffer.from(randomUUID().replaceAll('-', ''), 'hex');

/** Types the history into the server's document, with the replica of the product's own client. */
export async function typeHistory(
  server: ServerProcess,
  address: Address,
  session: Session,
): Promise<Actor> {
  const told: LiveEvent[] = [];
  const client = await connectLive(server, address, {}, (events) => told.push(...events));
  const actor = actorOf(client.welcome);
  const typist = new Typist(client.welcome.snapshot!, actor);
  if (typist.isEmpty) {
    await client.ask({ t: 'edit', edits: [{ type: 'insertSection', after: null, text: '\n' }] });
    typist.take(told.splice(0));
    await send(client, newGroup(), typist.type([{ position: 0, remove: 1, insert: '' }]));
  }
  for (const part of betweenCuts(session.history)) {
    for (const typed of inGroups(inGroups(part.typed, KEYSTROKES_A_CHANGE), CHANGES_A_GROUP)) {
      const group = newGroup();
      // One event each, as the client sends them.
      for (const edits of typed) await send(client, group, typist.type(edits));
      typist.take(told.splice(0));
    }
    if (part.cutAt !== undefined) {
      const cut = { type: 'splitSection', ...typist.placeOf(part.cutAt) };
      await client.ask({ t: 'edit', edits: [cut] });
      typist.take(told.splice(0));
    }
  }
  await client.close();
  return actor;
}

const send = (client: LiveClient, group: Uint8Array, change: Uint8Array): Promise<number> =>
  client.ask({ t: 'changes', group, changes: [change] });

/** A copy of the document, in which places are those of the whole text. */
export class Typist {
  readonly #replica: Replica;
  #sections: { readonly id: string; length: number }[] = [];

  constructor(snapshot: Uint8Array, { id }: Actor) {
    this.#replica = Replica.load(snapshot, Buffer.from(id).toString('hex'));
    this.#look();
  }

  get isEmpty(): boolean {
    return this.#sections.length === 0;
  }

  get text(): string {
    return this.#replica.sections.map(({ text }) => text).join('');
  }

  /** One change. */
  type(edits: readonly Pick<Edit, 'position' | 'remove' | 'insert'>[]): Uint8Array {
    for (const { position, remove, insert } of edits) {
      const [section, at] = this.#find(position, insert === '');
      this.#replica.splice(section.id, at, remove, insert);
      section.length += insert.length - remove;
    }
    return this.#replica.commit()!;
  }

  take(events: readonly Pick<LiveEvent, 'changes'>[]): void {
    if (events.length === 0) return;
    this.#replica.apply(events.flatMap(({ changes }) => changes ?? []));
    this.#look();
  }

  placeOf(position: number): { readonly section: string; readonly at: number } {
    const [{ id }, at] = this.#find(position, false);
    return { section: id, at };
  }

  #look(): void {
    this.#sections = this.#replica.sections.map(({ id, text }) => ({ id, length: text.length }));
  }

  /** At a border, as the session does it. */
  #find(position: number, deletes: boolean): [section: { id: string; length: number }, at: number] {
    let at = position;
    for (const section of this.#sections) {
      if (deletes ? at < section.length : at <= section.length) return [section, at];
      at -= section.length;
    }
    throw new RangeError(`There is no character ${position} in the text.`);
  }
}

/** What is typed up to each cut. The server cuts by itself when it is asked to. */
function* betweenCuts(
  history: readonly Edit[],
): Generator<{ readonly typed: readonly Edit[]; readonly cutAt?: number }> {
  let typed: Edit[] = [];
  for (const edit of history) {
    if (edit.cut === undefined) typed.push(edit);
    if (edit.cut !== 'from') continue;
    yield { typed, cutAt: edit.position };
    typed = [];
  }
  yield { typed };
}
