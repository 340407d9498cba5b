import { randomUUID } from 'node:crypto';
import { type CommandRequest, commandHandler } from '#commands/handle.ts';
import { heldStreams } from '#commands/held-streams.ts';
import { history } from '#commands/history.ts';
import type { Clock, EventLog, Sealer, SnapshotStore } from '#commands/ports.ts';
import type { CommandId, MemberId } from '#domain/ids.ts';
import { memoryEventLog } from '#infra/memory/event-log.ts';
import { memorySnapshotStore } from '#infra/memory/snapshot-store.ts';
import { systemIds } from '#infra/system/ids.ts';
import { acme, testSealer } from './sealing.ts';
import { tallyAggregate } from './tally.ts';

export type World = {
  readonly log: EventLog;
  readonly sealer: Sealer;
  readonly snapshots: SnapshotStore;
  readonly clock: Clock & { advance(ms: number): Promise<void> };
};

/** Whoever sleeps wakes at once, and that much later. */
function sleeplessClock() {
  let now = Date.parse('2026-01-01T00:00:00.000Z');
  const advance = async (ms: number) => void (now += ms);
  return {
    now: () => new Date(now),
    advance,
    sleep: async (ms: number) => {
      await advance(ms);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

export function world(): World {
  const clock = sleeplessClock();
  return {
    clock,
    log: memoryEventLog({ clock }),
    sealer: testSealer({ clock }),
    snapshots: memorySnapshotStore(),
  };
}

/** One process: its own queue and folds, on a world that it may share with others. */
export function process(shared: World) {
  const ports = {
    ...shared,
    ids: systemIds,
    warn: (message: string, error: unknown) => {
      throw new Error(message, { cause: error });
    },
  };
  const streams = heldStreams(ports, tallyAggregate);
  return {
    streams,
    handle: commandHandler(ports, tallyAggregate, streams),
    history: history(ports, tallyAggregate, streams),
  };
}

export const ada = randomUUID() as MemberId;

export const request = (changes: Partial<CommandRequest> = {}): CommandRequest => ({
  tenant: acme,
  principal: { tenant: acme, member: ada, roles: ['editor'], groups: [] },
  commandId: randomUUID() as CommandId,
  commandHash: Uint8Array.of(1, 2, 3),
  correlationId: randomUUID(),
  ...changes,
});
