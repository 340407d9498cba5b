import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as Y from 'yjs';
import {
  askFrame,
  authFrame,
  nothingNewFrame,
  readFrame,
  updateFrame,
} from './hocuspocus-frames.ts';
import type { LiveDocument, LiveSystem } from './live-system.ts';
import { remembered } from './remembered.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import type { Session } from './session.ts';
import { type RawSocket, rawSocket } from './socket.ts';
import { type YjsRecording, changesIn, recordYjs, yjsText } from './yjs-recording.ts';

const SERVER = new URL('hocuspocus-server.ts', import.meta.url);
const EMPTY = Y.encodeStateVector(new Y.Doc());

export async function hocuspocus(): Promise<LiveSystem> {
  const folder = await mkdtemp(join(tmpdir(), 'palimpsest-bench-hocuspocus-'));
  const record = remembered(recordYjs);
  return {
    name: 'Hocuspocus',
    start: () => startServer(SERVER, folder),
    seed: async (server, session, editsPerChange) => {
      const recording = record(session, editsPerChange);
      const document = documentOf(folder, session, recording);
      await document.fill(server);
      return document;
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

function documentOf(
  folder: string,
  session: Session,
  { history, changes, stateVector }: YjsRecording,
): LiveDocument & { fill(server: ServerProcess): Promise<void> } {
  const name = randomUUID();
  const connect = async (
    server: ServerProcess,
    has: Uint8Array,
    receive: (update: Uint8Array) => void,
  ): Promise<{ readonly socket: RawSocket; readonly whole: Uint8Array }> => {
    const whole = Promise.withResolvers<Uint8Array>();
    const socket = await rawSocket(server.url, (bytes) => {
      const frame = readFrame(bytes);
      if (frame?.type === 'asks') socket.send(nothingNewFrame(name));
      if (frame?.type === 'whole') whole.resolve(frame.update);
      if (frame?.type === 'update') receive(frame.update);
    });
    socket.send(authFrame(name));
    socket.send(askFrame(name, has));
    return { socket, whole: await whole.promise };
  };
  return {
    fill: async (server) => {
      const { socket } = await connect(server, EMPTY, () => undefined);
      socket.send(updateFrame(name, history));
      // The last one to leave makes the server store it.
      await socket.close();
    },
    read: async (server, _reader, has, arrived) => {
      let next = has === 'nothing' ? 0 : has;
      const known = has === 'nothing' ? EMPTY : stateVector(has);
      const { socket } = await connect(server, known, (update) => {
        for (let more = changesIn(update, changes, next); more > 0; more--) arrived(next++);
      });
      return socket;
    },
    write: async (server) => {
      const { socket } = await connect(server, stateVector(0), () => undefined);
      const frames = changes.map(({ update }) => updateFrame(name, update));
      return { ...socket, send: (change) => socket.send(frames[change]!) };
    },
    text: async (server) => {
      const { socket, whole } = await connect(server, EMPTY, () => undefined);
      await socket.close();
      return yjsText(whole, session.order);
    },
    storedBytes: async () => storedIn(folder, name),
    storedParts: async () => ({ document: storedIn(folder, name) }),
  };
}

function storedIn(folder: string, name: string): number {
  const sqlite = new DatabaseSync(join(folder, 'hocuspocus.sqlite'), { readOnly: true });
  try {
    const row = sqlite.prepare('select length(data) as bytes from documents where name = ?');
    return Number(row.get(name)?.['bytes'] ?? 0);
  } finally {
    sqlite.close();
  }
}
