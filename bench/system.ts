/** What is measured, done the way each system means it to be done. */
export type System = {
  readonly name: string;
  /** Events of about 200 bytes, all or none, to the end of a stream. */
  append(stream: string, count: number): Promise<unknown>;
  /** Loads the stream, decides, and appends one event at the revision that was loaded. */
  readonly command?: (stream: string) => Promise<unknown>;
  /** Fills a stream, as quickly as the system can. */
  readonly fill: (stream: string, count: number) => Promise<unknown>;
  /** Folds a stream to its state: how many events it holds. */
  readonly load: (stream: string) => Promise<number>;
  readonly views?: Views;
  close(): Promise<void>;
};

/** One row for each stream: how many events it has, and (`bodies`) how much text is in them. */
export type ViewKind = 'headers' | 'bodies';

export type Views = {
  /** Keeps the views up to date from now on. */
  start(): Promise<void>;
  /** From the first event; answers how many reads of the view meanwhile found it empty. */
  rebuild(kind: ViewKind): Promise<{ readonly reads: number; readonly emptyReads: number }>;
  /** How many rows and events the view holds, to check that the work was done. */
  count(kind: ViewKind): Promise<{ readonly streams: number; readonly events: number }>;
  /** How many events the view counts in this stream at this moment. */
  seen(stream: string): Promise<number>;
};

const WORDS = 'a palimpsest is a page on which every earlier writing can still be read'.split(' ');

/** Text that compresses like text. */
export function textOf(index: number): string {
  let text = '';
  for (let word = index; text.length < 180; word += 7) {
    text += `${WORDS[word % WORDS.length]} ${(word * 2_654_435_761) % 1_000} `;
  }
  return text;
}
