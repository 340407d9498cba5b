import { Hearing } from './hearing.ts';
import { Link } from './link.ts';
import type { LiveNews, LiveOptions } from './live-options.ts';
import { LocalCopy } from './local-copy.ts';
import { Questions } from './questions.ts';
import type { SectionView } from './replica.ts';
import { LiveRefused } from './refused.ts';
import { Waiting } from './waiting.ts';

const COALESCE_MS = 300;

/**
 * A document that others edit at the same time. What is typed is here at once, durable when
 * `settled()` resolves, and not lost while there is no connection.
 */
export class LiveDocument {
  readonly #options: LiveOptions;
  readonly #copy: LocalCopy;
  readonly #link: Link;
  readonly #questions = new Questions();
  readonly #waiting = new Waiting();
  readonly #hearing: Hearing;
  #timer: ReturnType<typeof setTimeout> | undefined;

  private constructor(options: LiveOptions) {
    this.#options = options;
    this.#copy = new LocalCopy(options.store);
    this.#link = new Link(options.url, {
      hello: async () => ({
        t: 'hello',
        protocol: 1,
        ...(await options.credential()),
        ...(this.#copy.replica && { since: this.#copy.revision }),
        ...(this.#copy.actor && { actor: this.#copy.actor }),
        ...(options.device !== undefined && { device: options.device }),
      }),
      frame: (frame) => this.#hearing.take(frame),
      closed: (code, reason, forGood) => {
        this.#questions.allFailed(new Error('The connection was lost.'));
        this.#tell({ kind: 'disconnected', code, reason });
        if (forGood) this.#waiting.fail(new LiveRefused(code, reason));
      },
    });
    this.#hearing = new Hearing({
      copy: this.#copy,
      questions: this.#questions,
      waiting: this.#waiting,
      tell: (news) => this.#tell(news),
      send: () => this.#commit(),
      reconnect: () => this.#link.reopen(),
    });
  }

  /**
   * Begins with what the store has, and resolves once there is a document to show. Throws
   * `LiveRefused` where the server will never show it.
   */
  static async open(options: LiveOptions): Promise<LiveDocument> {
    const document = new LiveDocument(options);
    const kept = await options.store?.load();
    if (kept !== undefined) document.#copy.restore(kept);
    document.#link.open();
    await document.#waiting.until(() => document.#copy.replica !== undefined);
    return document;
  }

  get title(): string {
    return this.#copy.replica?.title ?? '';
  }

  get sections(): readonly SectionView[] {
    return this.#copy.replica?.sections ?? [];
  }

  get markdown(): string {
    return this.sections.map(({ text }) => text).join('');
  }

  /** Everything up to here is in the document. */
  get revision(): number {
    return this.#copy.revision;
  }

  get rights(): readonly string[] {
    return this.#hearing.rights ?? [];
  }

  /** Whether typing is taken in: without a connection, whoever could edit the last time may. */
  get mayWrite(): boolean {
    const { actor, replica } = this.#copy;
    if (actor === undefined || replica === undefined) return false;
    return this.#hearing.rights?.includes('edit') ?? true;
  }

  /** Whether nothing that was typed waits for the server. */
  get isSettled(): boolean {
    return this.#copy.outbox.isEmpty && this.#copy.replica?.hasUncommitted !== true;
  }

  get isConnected(): boolean {
    return this.#link.isOpen;
  }

  /**
   * Offsets are UTF-16 code units of the section. Throws `RangeError` where there is none. What is
   * done in one place without a pause is taken back at once.
   */
  splice(section: string, at: number, deleted: number, inserted: string, place = section): void {
    this.#copy.splice(section, at, deleted, inserted, place);
    this.#written();
  }

  rename(title: string): void {
    this.#copy.write('title', (replica) => replica.rename(title));
    this.#written();
  }

  /** Shown to the others, kept nowhere, and not sent while there is no connection. */
  show(kind: 'presence' | 'preview', data: Uint8Array): void {
    this.#link.send({ t: kind, data });
  }

  /** What typing cannot say, such as a new section. Rejects where it is refused or not connected. */
  async edit(edits: readonly object[]): Promise<number> {
    return await this.#ask((n) => ({ t: 'edit', n, edits }));
  }

  async undo(scope: 'mine' | 'document' = 'mine'): Promise<number> {
    return await this.#ask((n) => ({ t: 'undo', n, scope }));
  }

  async redo(scope: 'mine' | 'document' = 'mine'): Promise<number> {
    return await this.#ask((n) => ({ t: 'redo', n, scope }));
  }

  /** Resolves once everything that was typed is durable; throws `LiveRefused` or `Refusal` where it will not be. */
  async settled(): Promise<void> {
    this.#commit();
    await this.#waiting.until(() => this.isSettled);
  }

  /** For whoever knows better than the socket whether there is a network. */
  reconnect(): void {
    this.#link.reopen();
  }

  /** Keeps what was not acknowledged, where there is a store. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    // While there is no connection nothing ends that would tell those who wait.
    this.#waiting.fail(new LiveRefused(1000, 'The document was closed.'));
    this.#link.close();
    await this.#copy.close();
  }

  #written(): void {
    this.#timer ??= setTimeout(() => this.#commit(), this.#options.coalesceMs ?? COALESCE_MS);
    this.#tell({ kind: 'changed' });
  }

  #commit(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#copy.commit();
    this.#sendUnsent();
  }

  #sendUnsent(): void {
    const { outbox } = this.#copy;
    while (this.#link.isOpen) {
      const next = outbox.next();
      if (next === undefined) return;
      this.#link.send({ t: 'changes', ...next });
      this.#tell({ kind: 'sent', n: next.n });
    }
  }

  async #ask(frame: (n: number) => Parameters<Link['send']>[0]): Promise<number> {
    if (!this.#link.isOpen) throw new Error('There is no connection.');
    await this.settled();
    const n = this.#copy.outbox.nextNumber();
    return await this.#questions.ask(n, () => this.#link.send(frame(n)));
  }

  #tell(news: LiveNews): void {
    this.#options.onEvent?.(news);
    this.#waiting.wake();
  }
}
