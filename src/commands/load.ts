import type { Aggregate } from '#domain/aggregate.ts';
import { readEvent } from '#domain/body.ts';
import type { DomainEvent } from '#domain/event.ts';
import { type StreamName, partsOf } from '#domain/stream.ts';
import { type Fold, decodeFold, emptyFold, foldEvent } from './fold.ts';
import { type EventLog, type Sealer, type SnapshotStore, SubjectErased } from './ports.ts';

const PAGE = 500;

export type LoadPorts = {
  readonly log: EventLog;
  readonly sealer: Sealer;
  readonly snapshots: SnapshotStore;
};

/**
 * Folds a stream: its newest usable snapshot, then the tail. `upTo` stops at that revision
 * (inclusive), so every revision that ever was can be read.
 */
export async function load<State, Command, Event extends DomainEvent>(
  ports: LoadPorts,
  aggregate: Aggregate<State, Command, Event>,
  stream: StreamName,
  upTo?: number,
): Promise<Fold<State, Event>> {
  const fold = await fromSnapshot(ports, aggregate, stream, upTo);
  await foldTail(ports, aggregate, stream, fold, upTo);
  return fold;
}

/** Brings a fold up to date with its stream. Answers how many events were new. */
export async function foldTail<State, Command, Event extends DomainEvent>(
  { log, sealer }: LoadPorts,
  aggregate: Aggregate<State, Command, Event>,
  stream: StreamName,
  fold: Fold<State, Event>,
  upTo = Number.MAX_SAFE_INTEGER,
): Promise<number> {
  let folded = 0;
  while (fold.revision < upTo) {
    const limit = Math.min(PAGE, upTo - fold.revision);
    const page = await log.readStream(stream, { from: fold.revision + 1, limit });
    const open = await sealer.opener(page.map(({ header }) => header));
    for (const recorded of page) {
      foldEvent(aggregate, fold, readEvent<Event>(aggregate.events, recorded, open(recorded)));
      fold.tail.events++;
      fold.tail.bytes += recorded.body.length;
    }
    folded += page.length;
    if (page.length < limit) break;
  }
  return folded;
}

async function fromSnapshot<State, Command, Event extends DomainEvent>(
  ports: LoadPorts,
  aggregate: Aggregate<State, Command, Event>,
  stream: StreamName,
  upTo?: number,
): Promise<Fold<State, Event>> {
  const fromTheStart = () => emptyFold<State, Event>(aggregate.decider.initialState);
  const { snapshot } = aggregate;
  const parts = partsOf(stream);
  if (!snapshot || !parts) return fromTheStart();
  const found = await ports.snapshots.load(stream, snapshot.version, upTo);
  if (!found) return fromTheStart();
  try {
    const key = await ports.sealer.keyFor(parts.tenant, snapshot.subject(parts));
    const plain = key.openBytes(
      snapshotName(stream, snapshot.version, found.revision),
      found.sealed,
    );
    // A snapshot that does not open is none: the events are the truth.
    return (plain && decodeFold(aggregate, found.revision, plain)) ?? fromTheStart();
  } catch (error) {
    if (error instanceof SubjectErased) return fromTheStart();
    throw error;
  }
}

/** Bound into the seal, so that one revision's snapshot cannot be put in another's place. */
export const snapshotName = (stream: StreamName, stateVersion: number, revision: number): string =>
  `snapshot ${stream} ${stateVersion} ${revision}`;
