import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateAutomergeUrl, parseAutomergeUrl } from '@automerge/automerge-repo';
import { connectPeer } from './automerge-peer.ts';
import { type AutomergeRecording, automergeText, recordAutomerge } from './automerge-recording.ts';
import type { LiveDocument, LiveSystem } from './live-system.ts';
import { remembered } from './remembered.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import type { Session } from './session.ts';

const SERVER = new URL('automerge-server.ts', import.meta.url);

/** Its `DocSynchronizer` gathers a client's changes for so long (`syncDebounceRate`), and its server as well. */
const PAUSE_MS = 100;

export async function automergeRepo(): Promise<LiveSystem> {
  const folder = await mkdtemp(join(tmpdir(), 'palimpsest-bench-automerge-'));
  const record = remembered(recordAutomerge);
  return {
    name: 'automerge-repo',
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
  { history, head, changes }: AutomergeRecording,
): LiveDocument & { fill(server: ServerProcess): Promise<void> } {
  const { documentId } = parseAutomergeUrl(generateAutomergeUrl());
  const heads = [head, ...changes.map(({ hash }) => hash)];
  const numbers = new Map(changes.map(({ hash }, number) => [hash, number]));
  const peer = `${documentId}-peer`;
  const stored = () => bytesBelow(join(folder, documentId.slice(0, 2), documentId.slice(2)));
  return {
    fill: async (server) => {
      const owner = await connectPeer(server, documentId, `${peer}-owner`, head, () => undefined, [
        history,
      ]);
      await owner.close();
    },
    read: async (server, reader, has, arrived) => {
      let next = has === 'nothing' ? 0 : has;
      const known = has === 'nothing' ? undefined : heads[has];
      return await connectPeer(server, documentId, `${peer}-${reader}`, known, (newest) => {
        for (const last = numbers.get(newest) ?? -1; next <= last; next++) arrived(next);
      });
    },
    write: async (server) => {
      const writer = await connectPeer(server, documentId, `${peer}-writer`, head, () => undefined);
      const waiting: Uint8Array[] = [];
      let [lastSent, newest] = [0, head];
      return {
        ...writer,
        send: (change) => {
          const { bytes, hash } = changes[change]!;
          newest = hash;
          if (waiting.push(bytes) > 1) return;
          setTimeout(
            () => {
              lastSent = performance.now();
              writer.offer(newest, waiting.splice(0));
            },
            Math.max(0, lastSent + PAUSE_MS - performance.now()),
          );
        },
      };
    },
    text: async (server) => {
      const received: Uint8Array[] = [];
      const name = `${peer}-proofreader`;
      const reader = await connectPeer(server, documentId, name, undefined, (_, parts) =>
        received.push(...parts),
      );
      await reader.close();
      return automergeText(received, session.order);
    },
    storedBytes: stored,
    storedParts: async () => ({ document: await stored() }),
  };
}

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
