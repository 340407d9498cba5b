import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Repo } from '@automerge/automerge-repo';
import { WebSocketServerAdapter } from '@automerge/automerge-repo-network-websocket';
import { NodeFSStorageAdapter } from '@automerge/automerge-repo-storage-nodefs';
import { WebSocketServer } from 'ws';
import { serve } from './serve.ts';

/** As its own sync server is made: files, and documents for whoever asks for them by their id. */
await serve(async (folder) => {
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(sockets, 'listening');
  // Its types were written without exactOptionalPropertyTypes.
  type Sockets = ConstructorParameters<typeof WebSocketServerAdapter>[0];
  const repo = new Repo({
    network: [new WebSocketServerAdapter(sockets as unknown as Sockets)],
    storage: new NodeFSStorageAdapter(folder),
    sharePolicy: async () => false,
  });
  // It listens to connections when it has read its own id; what comes before is lost.
  while (sockets.listenerCount('connection') === 0) await sleep(5);
  return {
    port: (sockets.address() as AddressInfo).port,
    stop: async () => {
      await repo.flush();
      sockets.close();
    },
  };
});
