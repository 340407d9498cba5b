import type { EditorView, ViewUpdate } from '@codemirror/view';
import { LiveDocument } from '#client/live-document.ts';
import type { Heard, LiveNews } from '#client/live-options.ts';
import type { Store } from '#client/outbox.ts';
import { allowTyping, documentEditor } from '#web/editor/editor.ts';
import { ConnectionWatch } from './connection-watch.ts';
import { type DeskView, atFirst } from './desk-view.ts';
import { Glimpses } from './glimpses.ts';
import { SharedText } from './shared-text.ts';
import { type Parts, takeNews } from './take-news.ts';
import { inWords } from './words.ts';

export type DeskPorts = {
  readonly document: string;
  readonly credential: string;
  readonly name: string;
  readonly store: Store | undefined;
};

/** The server takes 64,000, deleted characters included, and cuts a section long before. */
const LONGEST_SECTION = 60_000;

/** A document that is open on the page: its text in an editor, the others in it, how it stands. */
export class Desk {
  readonly editor: EditorView;
  readonly #ports: DeskPorts;
  readonly #text: SharedText;
  readonly #glimpses: Glimpses;
  readonly #parts: Parts;
  readonly #listeners = new Set<() => void>();
  readonly #closing = new AbortController();
  readonly #while = { signal: this.#closing.signal };
  readonly #watch = new ConnectionWatch(() => this.#live?.reconnect(), this.#while);
  #live: LiveDocument | undefined;
  /** What was told of the others before there was a text for them to be in. */
  readonly #early: LiveNews[] = [];
  #view: DeskView = atFirst;
  #isTakingBack = false;

  constructor(ports: DeskPorts) {
    this.#ports = ports;
    this.editor = documentEditor({
      update: (update) => this.#updated(update),
      undo: () => void this.takeBack('undo'),
      redo: () => void this.takeBack('redo'),
      admits: (at, inserted) => this.#admits(at, inserted),
    });
    this.#text = new SharedText(this.editor);
    this.#glimpses = new Glimpses({
      editor: this.editor,
      name: ports.name,
      text: this.#text,
      show: (kind, data) => this.#live?.show(kind, data),
      people: (people) => this.#tell({ people }),
      say: (words) => this.say(words),
    });
    this.#parts = {
      name: ports.name,
      editor: this.editor,
      text: this.#text,
      glimpses: this.#glimpses,
      watch: this.#watch,
      isOurs: (heard) => this.#isOurs(heard),
      tell: (view) => this.#tell(view),
    };
  }

  /** Where the server will not show it, the view says so. */
  async open(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      if (this.#view.ending === undefined) throw error;
    }
  }

  async #open(): Promise<void> {
    const { document, credential, store } = this.#ports;
    const live = await LiveDocument.open({
      url: `${location.origin.replace(/^http/, 'ws')}/v1/documents/${document}/live`,
      credential: async () => ({ credential }),
      ...(store && { store }),
      device: navigator.userAgent.slice(0, 100),
      onEvent: (news) => this.#hear(news),
    });
    this.#live = live;
    this.#text.begin(live);
    this.#tell({ isLoaded: true, isKept: store !== undefined });
    for (const news of this.#early.splice(0)) takeNews(this.#parts, news);
    this.#refresh();
    addEventListener('pagehide', () => void this.#keep(), this.#while);
    const ask = (event: Event) => {
      if (!live.isSettled && store === undefined) event.preventDefault();
    };
    addEventListener('beforeunload', ask, this.#while);
  }

  /** Resolves once everything is kept. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#watch.answered();
    if (this.#text.isHeld) this.#text.lookAgain();
    await this.#live?.close();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly view = (): DeskView => this.#view;

  say(words: string, isBad = false): void {
    this.#tell({ notice: { words, isBad, at: Date.now() } });
  }

  rename(title: string): void {
    if (title === '' || title === this.#live?.title || this.#live?.mayWrite !== true) return;
    this.#live.rename(title);
  }

  async takeBack(what: 'undo' | 'redo'): Promise<void> {
    if (this.#live === undefined || this.#isTakingBack) return;
    if (!this.#live.isConnected) {
      return this.say(`To ${what}, the server must be reached.`, true);
    }
    this.#isTakingBack = true;
    try {
      await (what === 'undo' ? this.#live.undo() : this.#live.redo());
      this.say(what === 'undo' ? 'Undone.' : 'Redone.');
    } catch (error) {
      this.say(inWords(error), true);
    } finally {
      this.#isTakingBack = false;
    }
  }

  async #keep(): Promise<void> {
    if (this.#text.isHeld) this.#text.lookAgain();
    // What cannot be sent any more is kept.
    await this.#live?.settled().catch(() => undefined);
  }

  #hear(news: LiveNews): void {
    if (this.#live === undefined && isOfOthers(news)) this.#early.push(news);
    else takeNews(this.#parts, news);
    this.#refresh();
  }

  /** What was just taken back is to be seen. */
  #isOurs({ member }: Heard): boolean {
    return this.#isTakingBack && member === this.#view.self?.member;
  }

  #updated(update: ViewUpdate): void {
    const isTyped = this.#text.typed(update);
    if (isTyped || update.selectionSet) this.#glimpses.publish();
  }

  #admits(at: number, inserted: string): boolean {
    if (this.#live?.mayWrite !== true) return false;
    if (!inserted.isWellFormed() || inserted.includes('\0')) return false;
    if (this.#text.map.lengthAt(at) + inserted.length > LONGEST_SECTION) {
      this.say('So much text cannot be put into one place at once.', true);
      return false;
    }
    if (!this.#text.map.isEmpty) return true;
    // Typing goes into sections, and there is none yet.
    const edits = [{ type: 'insertText', at: 0, text: inserted }];
    this.#live.edit(edits).catch((error: unknown) => this.say(inWords(error), true));
    return false;
  }

  #refresh(): void {
    const live = this.#live;
    if (live === undefined) return;
    allowTyping(this.editor, live.mayWrite && this.#view.ending === undefined);
    this.#tell({
      title: live.title,
      mayEdit: live.mayWrite,
      rights: live.rights,
      isConnected: live.isConnected,
      isSettled: live.isSettled,
      revision: live.revision,
    });
  }

  #tell(news: Partial<DeskView>): void {
    this.#view = { ...this.#view, ...news };
    for (const listener of this.#listeners) listener();
  }
}

const isOfOthers = ({ kind }: LiveNews) =>
  kind === 'connected' || kind === 'glimpse' || kind === 'left';
