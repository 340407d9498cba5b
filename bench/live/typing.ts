import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../rounds.ts';
import type { Connection, LiveDocument, LiveSystem } from './live-system.ts';
import type { ServerProcess } from './server-process.ts';
import type { Session } from './session.ts';

export const EDITS_A_SECOND = 100;
/** Longer than any of them puts off what it stores once nobody types. */
const STORED_AFTER_MS = 3_000;
const IDLE_MS = 1_500;
const LONGEST_MS = 60_000;

/** How far behind the client is that comes back. */
const BEHIND = 100;

export type Typing = {
  readonly session: Session;
  readonly readers: number;
  readonly editsPerChange: number;
};

export type Typed = {
  /** Microseconds of the server's process, beyond those of an idle one. */
  readonly cpuPerEdit: number;
  /** Milliseconds from the keystroke to a reader. */
  readonly p50: number;
  readonly p95: number;
  readonly bytesPerEditAndReader: number;
  readonly writerBytesPerEdit: number;
  /** Not a number when fewer changes were made. */
  readonly bytesToReconnect: number;
  readonly storedPerCharacter: number;
};

/** One person types the session's edits into a new document, and others read along. */
export async function typed(
  system: LiveSystem,
  server: ServerProcess,
  { session, readers, editsPerChange }: Typing,
): Promise<Typed> {
  const document = await system.seed(server, session, editsPerChange);
  const keystrokes: number[] = [];
  const delays: number[] = [];
  let missing = readers * session.edits.length;
  const arrived = (change: number) => {
    const now = performance.now();
    const first = change * editsPerChange;
    const edits = keystrokes.slice(first, first + editsPerChange);
    for (const at of edits) delays.push(now - at);
    missing -= edits.length;
  };
  const connections = await Promise.all(
    Array.from({ length: readers }, (_, reader) =>
      document.read(server, reader, 'nothing', arrived),
    ),
  );
  const writer = await document.write(server);

  await sleep(STORED_AFTER_MS);
  const idle = (await spent(server, () => sleep(IDLE_MS))) / IDLE_MS;
  const [bytes, writerBytes] = [sumOf(connections), writer.bytes()];
  const began = performance.now();
  const cpu = await spent(server, async () => {
    await type(session.edits.length, editsPerChange, writer.send, keystrokes);
    await until(() => missing === 0);
    await sleep(STORED_AFTER_MS);
  });
  const idleCpu = idle * (performance.now() - began);
  const edits = session.edits.length;
  const result = {
    cpuPerEdit: (cpu - idleCpu) / edits,
    p50: quantile(delays, 0.5),
    p95: quantile(delays, 0.95),
    bytesPerEditAndReader: (sumOf(connections) - bytes) / edits / readers,
    writerBytesPerEdit: (writer.bytes() - writerBytes) / edits,
    storedPerCharacter: (await document.storedBytes()) / typedIn(session),
  };
  if ((await document.text(server)) !== session.textAfter(edits)) {
    throw new Error(`${system.name} does not hold what was typed.`);
  }
  const bytesToReconnect = await reconnected(
    document,
    server,
    connections[0]!,
    edits / editsPerChange,
  );
  await Promise.all([...connections.slice(1), writer].map((one) => one.close()));
  return { ...result, bytesToReconnect };
}

/** The first reader comes back, and missed the last changes. */
async function reconnected(
  document: LiveDocument,
  server: ServerProcess,
  reader: Connection,
  changes: number,
): Promise<number> {
  await reader.close();
  const has = Math.ceil(changes) - BEHIND;
  if (has < 0) return Number.NaN;
  const again = await document.read(server, 0, has, () => undefined);
  const bytes = again.bytes();
  await again.close();
  return bytes;
}

/** Keystrokes at an even pace; a change is sent with the last one of its group. */
async function type(
  edits: number,
  editsPerChange: number,
  send: (change: number) => void,
  keystrokes: number[],
): Promise<void> {
  const began = performance.now();
  for (let edit = 0; edit < edits; edit++) {
    const early = began + (edit * 1_000) / EDITS_A_SECOND - performance.now();
    if (early > 0) await sleep(early);
    keystrokes.push(performance.now());
    const isLast = edit % editsPerChange === editsPerChange - 1 || edit === edits - 1;
    if (isLast) send(Math.floor(edit / editsPerChange));
  }
}

async function spent(server: ServerProcess, work: () => Promise<void>): Promise<number> {
  const before = await server.cpu();
  await work();
  return (await server.cpu()) - before;
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + LONGEST_MS;
  while (!isSo()) {
    if (performance.now() > deadline)
      throw new Error('What was typed did not come to all readers.');
    await sleep(20);
  }
}

const typedIn = ({ typed, edits }: Session): number =>
  edits.reduce((sum, { insert }) => sum + insert.length, typed);

const sumOf = (connections: readonly Connection[]): number =>
  connections.reduce((sum, connection) => sum + connection.bytes(), 0);
