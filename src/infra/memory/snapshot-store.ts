import type { SnapshotStore } from '#commands/ports.ts';

export function memorySnapshotStore(): SnapshotStore {
  const snapshots = new Map<string, Map<number, Uint8Array>>();
  const nameOf = (stream: string, stateVersion: number) => `${stream} ${stateVersion}`;

  return {
    load: async (stream, stateVersion, upTo = Number.MAX_SAFE_INTEGER) => {
      const byRevision =
        snapshots.get(nameOf(stream, stateVersion)) ?? new Map<number, Uint8Array>();
      const revision = Math.max(...[...byRevision.keys()].filter((taken) => taken <= upTo));
      const sealed = byRevision.get(revision);
      return sealed && { revision, sealed };
    },
    save: async (stream, stateVersion, revision, sealed) => {
      const name = nameOf(stream, stateVersion);
      const byRevision = snapshots.get(name) ?? new Map<number, Uint8Array>();
      snapshots.set(name, byRevision.set(revision, sealed));
    },
  };
}
