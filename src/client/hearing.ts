import type { LiveNews } from './live-options.ts';
import type { LocalCopy } from './local-copy.ts';
import type { LiveEvent, ServerFrame, Welcome } from './protocol.ts';
import type { Questions } from './questions.ts';
import { Refusal } from './refused.ts';
import type { Waiting } from './waiting.ts';

type Hearers = {
  readonly copy: LocalCopy;
  readonly questions: Questions;
  readonly waiting: Waiting;
  readonly tell: (news: LiveNews) => void;
  /** Sends what was typed until now. */
  readonly send: () => void;
  readonly reconnect: () => void;
};

/** What the server says, each frame brought to whom it concerns. */
export class Hearing {
  readonly #to: Hearers;
  #rights: readonly string[] | undefined;

  constructor(to: Hearers) {
    this.#to = to;
  }

  /** As the server told them last; `undefined` before it told any. */
  get rights(): readonly string[] | undefined {
    return this.#rights;
  }

  async take(frame: ServerFrame): Promise<void> {
    const { tell } = this.#to;
    switch (frame.t) {
      case 'welcome':
        return await this.#welcomed(frame);
      case 'events':
        return this.#happened(frame.events);
      case 'ack':
        return this.#acknowledged(frame);
      case 'refused':
        return this.#refused(frame);
      case 'rights':
        this.#rights = frame.rights;
        this.#writeAs(frame.actor);
        return tell({ kind: 'changed' });
      case 'left':
        return tell({ kind: 'left', session: frame.session });
      case 'presence':
      case 'preview':
        return tell({ kind: 'glimpse', ...frame });
    }
  }

  async #welcomed(welcome: Welcome): Promise<void> {
    const { revision, rights, actor, session, member, others } = welcome;
    const { copy, waiting, tell, send } = this.#to;
    // Before anything waits: what is typed meanwhile is sent through this connection already.
    copy.outbox.reconnected();
    waiting.hope();
    this.#rights = rights;
    this.#writeAs(actor);
    try {
      await copy.catchUp(welcome);
    } catch (error) {
      // The device kept less than it had sent, and what was typed from there on has numbers that
      // the server has taken already.
      this.#giveUp(new Refusal('change/sequence-taken', 'Its number was taken.'));
      throw error;
    }
    copy.revision = revision;
    copy.keep();
    tell({ kind: 'connected', session, member, others });
    send();
  }

  #happened(events: readonly LiveEvent[]): void {
    const splices = this.#to.copy.take(events);
    this.#to.tell({ kind: 'changed', heard: { member: events[0]?.member, splices } });
  }

  /** A new actor comes with its token; one that is resumed is the one that is known. */
  #writeAs(actor: Welcome['actor']): void {
    if (actor?.token === undefined) return;
    this.#to.copy.writeAs({ id: actor.id, token: actor.token });
  }

  #acknowledged({ n, revision, known }: Extract<ServerFrame, { t: 'ack' }>): void {
    const { copy, questions, tell } = this.#to;
    if (copy.outbox.acknowledged(n)) copy.reached(known ? -1 : revision);
    questions.answered(n, revision);
    tell({ kind: 'acknowledged', n });
  }

  #refused({ n, code, detail }: Extract<ServerFrame, { t: 'refused' }>): void {
    const { copy, questions, reconnect } = this.#to;
    const refusal = new Refusal(code, detail);
    questions.failed(n, refusal);
    if (!copy.outbox.wasSent(n)) return;
    this.#giveUp(refusal);
    reconnect();
  }

  /** What the server has not got it never will; the copy is fetched anew. */
  #giveUp(refusal: Refusal): void {
    const { copy, waiting, tell } = this.#to;
    const unsent = copy.discard();
    if (unsent.length === 0) return;
    waiting.refuse(refusal);
    tell({ kind: 'lost', code: refusal.code, unsent });
  }
}
