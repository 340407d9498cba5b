import type { Progress } from '#api/cli/progress.ts';
import type { DocumentClient } from './document-client.ts';
import type { ImportState, ImportStateFile } from './import-state.ts';
import { LOOK_EVERY_UNITS, tidyingEdits } from './small-sections.ts';
import type { Trace } from './trace-file.ts';
import { type TraceRequest, startOf, traceRequests } from './trace-requests.ts';

export type PlayPorts = {
  readonly documents: DocumentClient;
  readonly state: ImportStateFile;
  readonly progress: Progress;
};

export type Play = {
  readonly trace: Trace;
  readonly title: string;
  readonly batch: number;
  /** What the idempotency keys are made of: the same for an import that is started again. */
  readonly run: string;
};

/** Somebody else wrote to the document: what the trace would do to it now is not what it did. */
export class DocumentChanged extends Error {
  constructor(id: string) {
    super(
      `Document ${id} was changed by somebody else during the import, which cannot go on. ` +
        'Import the trace once more with --again.',
    );
    this.name = 'DocumentChanged';
  }
}

/** Creates the document, unless an earlier start did. */
export async function beginPlay(
  { documents, state }: PlayPorts,
  { trace, title, run }: Play,
): Promise<ImportState> {
  const { id, revision } = await documents.create(title, startOf(trace), `${run}.create`);
  const begun: ImportState = { run, documentId: id, requests: 0, revision, finished: false };
  await state.write(begun);
  return begun;
}

/** Plays what `from` has not in yet. Answers where the import then stands. */
export async function playTrace(
  ports: PlayPorts,
  { trace, batch, run }: Play,
  from: ImportState,
): Promise<ImportState> {
  const { documents, progress } = ports;
  const { documentId: id } = from;
  let { requests, revision } = from;
  // An import that is started again does not know how long ago it looked.
  let typed = LOOK_EVERY_UNITS;

  let index = 0;
  for (const request of traceRequests(trace, batch)) {
    index++;
    if (index <= requests) continue;
    const written = await documents.edit(id, request.edits, revision, `${run}.${index}`);
    if (written === undefined) {
      ({ requests, revision } = await found(documents, { trace, batch }, id, index));
      // The document is where an earlier start left it, or before this request: then it goes again.
      if (requests < index) {
        revision = await insist(documents, id, request, revision, `${run}.${index}`);
      }
    } else revision = written;
    requests = Math.max(requests, index);
    typed += typedIn(request);
    if (typed >= LOOK_EVERY_UNITS) {
      typed = 0;
      revision = await tidy(documents, id, revision, `${run}.${index}`);
    }
    await ports.state.write({ ...from, requests, revision });
    progress.at(request.txns, trace.txns.length);
  }
  return { ...from, requests, revision };
}

const typedIn = ({ edits }: TraceRequest): number =>
  edits.reduce((units, edit) => units + (edit.type === 'insertText' ? edit.text.length : 0), 0);

async function insist(
  documents: DocumentClient,
  id: string,
  { edits }: TraceRequest,
  revision: number,
  key: string,
): Promise<number> {
  const written = await documents.edit(id, edits, revision, key);
  if (written === undefined) throw new DocumentChanged(id);
  return written;
}

/**
 * The document has moved on: cut into other sections by the server, or written by an earlier start
 * whose idempotency keys are forgotten. Its text says how many requests are in; several may leave
 * the same text behind, and any of them will do.
 */
async function found(
  documents: DocumentClient,
  { trace, batch }: Pick<Play, 'trace' | 'batch'>,
  id: string,
  from: number,
): Promise<{ requests: number; revision: number }> {
  const now = await documents.markdown(id);
  if (now === undefined) throw new DocumentChanged(id);
  if (from === 1 && now.text === startOf(trace)) return { requests: 0, revision: now.revision };
  let index = 0;
  for (const request of traceRequests(trace, batch)) {
    index++;
    if (index < from - 1 || request.length !== now.text.length) continue;
    if (request.text() === now.text) return { requests: index, revision: now.revision };
  }
  throw new DocumentChanged(id);
}

/** Splits what has grown. Answers the document's revision. */
async function tidy(
  documents: DocumentClient,
  id: string,
  revision: number,
  key: string,
): Promise<number> {
  const shown = await documents.show(id);
  const edits = tidyingEdits(shown.sections);
  // When somebody else was faster: the next look sees what is left to do.
  if (edits.length === 0 || shown.revision < revision) return revision;
  const tidied = await documents.edit(id, edits, shown.revision, `${key}.tidy.${shown.revision}`);
  return tidied ?? revision;
}
