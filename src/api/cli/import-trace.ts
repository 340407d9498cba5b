import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { readConfig } from '#api/config.ts';
import { systemClock } from '#infra/system/clock.ts';
import { type Target, apiClient } from './api-client.ts';
import { type Comparison, compareDocument } from './import/compare.ts';
import { type DocumentClient, documentClient } from './import/document-client.ts';
import { type ImportState, importStateFile, nameOf } from './import/import-state.ts';
import { type Play, type PlayPorts, beginPlay, playTrace } from './import/play-trace.ts';
import { type TraceFile, readTraceFile } from './import/trace-file.ts';
import { type Progress, progressOn } from './progress.ts';
import { targetOf } from './target.ts';

type Options = {
  readonly server?: string;
  readonly key?: string;
  readonly title?: string;
  readonly batch: number;
  readonly again?: true;
  readonly json?: true;
};

const PATIENCE_MS = 120_000;
const FIRST_PATIENCE_MS = 5_000;

export const importTraceCommand = (program: Command): void => {
  program
    .command('import-trace')
    .description(
      'play a recorded editing session into a new document; started again, it goes on where it stopped',
    )
    .argument('<file>', 'a sequential editing trace, .json or .json.gz')
    .option('--server <url>', 'default: the server that runs on this home')
    .option('--key <key>', 'default: the key of the demo tenant of this home')
    .option('--title <title>', 'default: the name of the file')
    .option('--batch <txns>', 'transactions of the trace in one request', batchFrom, 50)
    .option('--again', 'import a trace once more that was imported already')
    .option('--json', 'print the outcome as JSON')
    .action(async (path: string, options: Options) => {
      const { home } = readConfig(process.env);
      const target = await targetOf(home, options);
      const file = await readTraceFile(path);
      const outcome = await importTrace(home, target, titleOf(path, options), file, options);
      process.stdout.write(`${options.json ? JSON.stringify(outcome) : inWords(outcome)}\n`);
      if (!outcome.equal) process.exitCode = 1;
    });
};

function batchFrom(text: string): number {
  const batch = Number(text);
  if (Number.isSafeInteger(batch) && batch > 0) return batch;
  throw new InvalidArgumentError('A whole number from 1 on.');
}

const titleOf = (path: string, { title }: Options): string =>
  title ??
  basename(path)
    .replace(/\.gz$/, '')
    .replace(/\.json$/, '');

type Outcome = Comparison & {
  readonly documentId: string;
  readonly title: string;
  readonly revision: number;
  readonly txns: number;
  readonly patches: number;
  readonly requests: number;
  /** Requests that an earlier start had sent. */
  readonly requestsBefore: number;
  readonly seconds: number;
};

async function importTrace(
  home: string,
  target: Target,
  title: string,
  file: TraceFile,
  { batch, again, json, server }: Options,
): Promise<Outcome> {
  const progress = progressOn(json ? process.stderr : process.stdout, 'transactions');
  const documents = documentClient(apiClient(target, waitingOn(progress)));
  const tenant = target.key.split('_')[1] ?? '';
  // Where it goes, and not how it is reached: a server that is started again may have another port.
  const state = importStateFile(home, [file.sha256, title, String(batch), server ?? '', tenant]);
  const ports = { documents, state, progress };
  const before = await usable(documents, await state.read(), again === true);
  const run = before?.run ?? nameOf([file.sha256, title, String(batch), again ? randomUUID() : '']);
  const play = { trace: file.trace, title, batch, run };

  const began = performance.now();
  const end = await toTheEnd(ports, play, before);
  const seconds = (performance.now() - began) / 1_000;
  const { documentId, revision, requests } = end;
  const { endContent, txns } = file.trace;
  const comparison = await compareDocument(documents, documentId, revision, endContent);
  if (comparison.equal) await state.write({ ...end, finished: true });
  return {
    documentId,
    title,
    revision,
    txns: txns.length,
    patches: file.patches,
    requests,
    requestsBefore: before?.requests ?? 0,
    seconds,
    ...comparison,
  };
}

async function toTheEnd(
  ports: PlayPorts,
  play: Play,
  before: ImportState | undefined,
): Promise<ImportState> {
  try {
    if (before?.finished) return before;
    if (before) ports.progress.say(`Goes on after ${before.requests} requests.`);
    return await playTrace(ports, play, before ?? (await beginPlay(ports, play)));
  } finally {
    ports.progress.end();
  }
}

/** What is known of an earlier start, unless its document is gone with the server's data. */
async function usable(
  documents: DocumentClient,
  before: ImportState | undefined,
  again: boolean,
): Promise<ImportState | undefined> {
  if (before === undefined || (before.finished && again)) return undefined;
  return (await documents.markdown(before.documentId)) && before;
}

function waitingOn(progress: Progress) {
  let said: string | undefined;
  return {
    clock: systemClock,
    patienceMs: PATIENCE_MS,
    firstPatienceMs: FIRST_PATIENCE_MS,
    onWaiting: (why: string) => {
      if (why !== said) progress.say(`${why}; trying again.`);
      said = why;
    },
  };
}

function inWords(outcome: Outcome): string {
  const { documentId, patches, requests, requestsBefore, seconds, revision } = outcome;
  if (!outcome.equal) {
    return `Document ${documentId} differs from the trace's end, first at offset ${outcome.firstDifference}.`;
  }
  const ends = `ends exactly as the trace does, at revision ${revision}`;
  const since = outcome.changedSince ? ' It was changed since.' : '';
  if (requests === requestsBefore) {
    return `Imported before: document ${documentId} ${ends}.${since} Use --again for another.`;
  }
  const rate = Math.round((patches * (requests - requestsBefore)) / requests / seconds);
  return `Document ${documentId} ${ends}: ${patches} patches, ${requests - requestsBefore} requests in ${seconds.toFixed(1)} s (${rate} patches/s).${since}`;
}
