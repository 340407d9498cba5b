import type { Edit } from '#domain/document/edits.ts';
import { MOST_DELETED, MOST_EDITS } from '#domain/document/limits.ts';
import { CodePointText, codePoints, textInParts } from './code-point-text.ts';
import type { Trace } from './trace-file.ts';

/** A request's body is 1 MiB at most; the rest is for what is around the edits. */
const MOST_BYTES = 900_000;
/** Of one insertion. At most three bytes of UTF-8 a unit, or six where JSON escapes it. */
const LONGEST_INSERT = 100_000;
/** Code points, so at most twice as many units. */
const LONGEST_DELETE = MOST_DELETED / 4;

export type TextEdit = Extract<Edit, { type: 'insertText' | 'deleteText' }>;

/** One `POST …/edits`, and where the document stands after it. */
export type TraceRequest = {
  readonly edits: readonly TextEdit[];
  /** Txns of the trace that are in completely. */
  readonly txns: number;
  readonly patches: number;
  /** UTF-16 units of the text. */
  readonly length: number;
  /** The whole text; made when it is asked for, before the next request is. */
  readonly text: () => string;
};

/** What the document is created with; the rest of a long `startContent` comes as edits. */
export const startOf = ({ startContent }: Trace): string =>
  textInParts(startContent, LONGEST_INSERT)[0] ?? '';

/**
 * The trace as requests of `batch` txns each, or fewer where a request would be over a limit. The
 * same trace gives the same requests, however often it is asked.
 */
export function* traceRequests(trace: Trace, batch: number): Generator<TraceRequest> {
  const start = startOf(trace);
  const text = new CodePointText(start);
  const rest = trace.startContent.slice(start.length);
  const progress = { txns: 0, patches: 0 };
  yield* requestsOf(text, progress, insertions(text, codePoints(start), rest));
  for (let from = 0; from < trace.txns.length; from += batch) {
    yield* requestsOf(text, progress, editsOf(trace, text, progress, from, from + batch));
  }
}

type Progress = { txns: number; patches: number };

/** An edit is applied to `text` when the next one is asked for. */
type Edits = Generator<TextEdit, void>;

function* requestsOf(text: CodePointText, progress: Progress, all: Edits): Generator<TraceRequest> {
  let edits: TextEdit[] = [];
  let bytes = 0;
  let deleted = 0;
  const request = (): TraceRequest => ({
    edits,
    ...progress,
    length: text.length,
    text: () => text.toString(),
  });
  for (const edit of all) {
    const size = Buffer.byteLength(JSON.stringify(edit)) + 1;
    const count = edit.type === 'deleteText' ? edit.count : 0;
    const isFull =
      edits.length === MOST_EDITS || bytes + size > MOST_BYTES || deleted + count > MOST_DELETED;
    if (isFull && edits.length > 0) {
      yield request();
      edits = [];
      bytes = 0;
      deleted = 0;
    }
    edits.push(edit);
    bytes += size;
    deleted += count;
  }
  if (edits.length > 0) yield request();
}

function* editsOf(
  { txns }: Trace,
  text: CodePointText,
  progress: Progress,
  from: number,
  to: number,
): Edits {
  for (const { patches } of txns.slice(from, to)) {
    for (const [position, deleted, inserted] of patches) {
      yield* deletions(text, position, deleted);
      yield* insertions(text, position, inserted);
      progress.patches++;
    }
    progress.txns++;
  }
}

function* deletions(text: CodePointText, position: number, deleted: number): Edits {
  for (let left = deleted; left > 0; left -= LONGEST_DELETE) {
    const points = Math.min(left, LONGEST_DELETE);
    yield { type: 'deleteText', ...text.unitsOf(position, points) };
    text.splice(position, points, '');
  }
}

function* insertions(text: CodePointText, position: number, inserted: string): Edits {
  let point = position;
  for (const part of textInParts(inserted, LONGEST_INSERT)) {
    yield { type: 'insertText', at: text.unitsOf(point, 0).at, text: part };
    text.splice(point, 0, part);
    point += codePoints(part);
  }
}
