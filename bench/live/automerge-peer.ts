import * as A from '@automerge/automerge';
import { cbor } from '@automerge/automerge-repo';
import type { ServerProcess } from './server-process.ts';
import { type RawSocket, rawSocket } from './socket.ts';

// automerge-repo has no messages that could be sent blindly: what a peer says depends on what the
// other one said before. So this peer keeps the little that a sync state is (the heads of both)
// and says with it what `generateSyncMessage` says, without holding a document: the same bytes but
// for the Bloom filter of its own new changes, which is empty here (10 bits for each of them).

export type Peer = RawSocket & {
  /** Offers changes that lead to this head. */
  offer(head: string, changes: readonly Uint8Array[]): void;
};

type Message = {
  readonly type: string;
  readonly senderId: string;
  readonly data?: Uint8Array;
};

/** What the library decodes, which its types do not say. */
type Sync = A.DecodedSyncMessage & {
  readonly type: 'v1' | 'v2';
  readonly supportedCapabilities: readonly string[];
};

/**
 * Resolves when the server and the peer have the same; `head` is what the peer has already. With
 * `document`, the server does not have it yet, and gets it.
 */
export async function connectPeer(
  server: ServerProcess,
  documentId: string,
  peerId: string,
  head: string | undefined,
  receive: (head: string, changes: readonly Uint8Array[]) => void,
  document: readonly Uint8Array[] = [],
): Promise<Peer> {
  const [joined, whole] = [Promise.withResolvers<string>(), Promise.withResolvers<void>()];
  let own = head;
  let shared = document.length > 0 ? undefined : head;
  const socket = await rawSocket(server.url, (bytes) => {
    const message = cbor.decode(bytes) as Message;
    if (message.type === 'peer') joined.resolve(message.senderId);
    if (message.type === 'sync') hear(A.decodeSyncMessage(message.data!) as Sync);
    if (message.type === 'doc-unavailable') whole.reject(new Error('There is no such document.'));
  });
  const hear = ({ heads, changes }: Sync) => {
    const [theirs] = heads;
    if (theirs === undefined) return;
    shared = theirs;
    if (changes.length > 0) {
      own = theirs;
      receive(theirs, changes);
      say('sync', []);
    }
    if (own === theirs) whole.resolve();
  };
  const say = (type: 'sync' | 'request', changes: readonly Uint8Array[]) => {
    const have = [{ lastSync: headsOf(shared), bloom: new Uint8Array() }];
    const about = { heads: headsOf(own), need: [], have, changes: [...changes] };
    const version = type === 'request' ? 'v1' : 'v2';
    const sync: Sync = { ...about, type: version, supportedCapabilities: ['supports-sync-reset'] };
    const data = A.encodeSyncMessage(sync);
    socket.send(cbor.encode({ type, targetId, senderId: peerId, data, documentId }));
  };
  socket.send(
    cbor.encode({
      type: 'join',
      senderId: peerId,
      peerMetadata: { isEphemeral: true },
      supportedProtocolVersions: ['1'],
    }),
  );
  const targetId = await joined.promise;
  const offer = (next: string, changes: readonly Uint8Array[]) => {
    own = next;
    say('sync', changes);
  };
  // One that has nothing of the document asks whether the server has it.
  say(head === undefined ? 'request' : 'sync', document);
  await whole.promise;
  return { ...socket, offer };
}

const headsOf = (head: string | undefined): string[] => (head === undefined ? [] : [head]);
