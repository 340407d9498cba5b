import assert from 'node:assert/strict';
import type { LiveDocument } from '#client/live-document.ts';
import { SYSTEM } from '#domain/ids.ts';
import { memoryStore, openLive, soon } from '#test/support/live.ts';
import { Gate, HeldSocket } from './held-socket.ts';
import type { Patch } from './recorded.ts';
import { Typist } from './typist.ts';

const A_LONG_TIME_MS = 60_000;

/** Somebody who has a document open, over a network that the test holds. */
export class Author {
  readonly gate: Gate;
  readonly #document: LiveDocument;
  readonly #typist: Typist;
  /** What others wrote behind this revision does not come through. */
  limit = Number.POSITIVE_INFINITY;

  private constructor(document: LiveDocument, gate: Gate, member: string) {
    this.#document = document;
    this.#typist = new Typist(document);
    this.gate = gate;
    gate.mayPass = (frame) =>
      frame.t !== 'events' ||
      frame.events.every(
        (event) => [SYSTEM, member].includes(event.member) || event.revision <= this.limit,
      );
  }

  static async open(
    server: () => string,
    id: string,
    { id: member, key }: { readonly id: string; readonly key: string },
  ): Promise<Author> {
    const gate = new Gate();
    const url = () => {
      gate.expect();
      return `${server().replace('http', 'ws')}/v1/documents/${id}/live`;
    };
    globalThis.WebSocket = HeldSocket;
    const document = await openLive(server, id, key, {
      url,
      store: memoryStore(),
      coalesceMs: A_LONG_TIME_MS,
      onEvent: (news) => {
        if (news.kind === 'connected') gate.caughtUp();
        if (news.kind === 'lost') gate.lost = news.code;
      },
    });
    return new Author(document, gate, member);
  }

  get markdown(): string {
    return this.#document.markdown;
  }

  /** As one change, or one for each section that it is in. Nothing from others comes in between. */
  type(patches: readonly Patch[]): void {
    assert.equal(this.gate.lost, undefined);
    this.#typist.look();
    for (const patch of patches) this.#typist.type(patch);
    // Commits at once; whether it ever is durable is asked of the gate.
    this.#document.settled().catch(() => undefined);
  }

  /** What is too long to be typed is an edit, which the server cuts into sections. */
  async paste([at, deleted, text]: Patch): Promise<void> {
    if (deleted > 0) this.type([[at, deleted, '']]);
    await this.durable();
    await this.#document.edit([{ type: 'insertText', at, text }]);
  }

  /** Resolves when all that was typed is in the log, also while its acknowledgement is held. */
  async durable(): Promise<void> {
    await soon(() => this.gate.isAnswered, A_LONG_TIME_MS);
  }

  async hears(revision: number): Promise<void> {
    this.limit = Math.max(this.limit, revision);
    this.gate.pump();
    await soon(() => this.#document.revision >= revision, A_LONG_TIME_MS);
  }

  /** The connection breaks now, and comes back by itself. */
  cut(): void {
    this.gate.cut();
  }

  async close(): Promise<void> {
    await this.#document.close();
  }
}
