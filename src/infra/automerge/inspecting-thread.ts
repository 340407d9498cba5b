import { parentPort } from 'node:worker_threads';
import * as Automerge from '@automerge/automerge';

// Runs in a thread that may die: see `change-inspector.ts`.

parentPort?.on('message', ({ id, changes }: { id: number; changes: readonly Uint8Array[] }) => {
  parentPort?.postMessage({ id, canonical: changes.every(isCanonical) });
});

/** What Automerge writes again byte by byte has one meaning only. */
function isCanonical(change: Uint8Array): boolean {
  try {
    const again = Automerge.encodeChange(Automerge.decodeChange(change));
    return Buffer.compare(again, change) === 0;
  } catch (error) {
    // A panic leaves nothing that could be trusted.
    if (error instanceof Error && error.name === 'PanicError') throw error;
    return false;
  }
}
