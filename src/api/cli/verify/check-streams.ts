import { isDeepStrictEqual } from 'node:util';
import type { Progress } from '#api/cli/progress.ts';
import { type Fold, decodeFold, emptyFold, encodeFold } from '#commands/fold.ts';
import { type LoadPorts, foldTail, load, snapshotName } from '#commands/load.ts';
import { SubjectErased } from '#commands/ports.ts';
import type { Aggregate } from '#domain/aggregate.ts';
import type { DomainEvent } from '#domain/event.ts';
import { type StreamName, partsOf } from '#domain/stream.ts';
import type { Tip, Tips } from './check-events.ts';
import type { Findings } from './findings.ts';
import { type AnyAggregate, aggregateOf, comparable, letGo } from './states.ts';

export type StreamPorts = LoadPorts & {
  /** Of which revisions a stream has snapshots of this state version, ascending. */
  readonly snapshotsOf: (stream: StreamName, stateVersion: number) => Promise<number[]>;
  readonly findings: Findings;
};

export type Replayed = { readonly streams: number; readonly snapshots: number };

/**
 * Folds every stream from event 0, and compares with each of its snapshots at its revision and,
 * at the end, with what the command path loads: newest snapshot and tail.
 */
export async function checkStreams(
  ports: StreamPorts,
  tips: Tips,
  progress: Progress,
): Promise<Replayed> {
  const total = [...tips.values()].reduce((sum, { revision }) => sum + revision + 1, 0);
  let events = 0;
  let snapshots = 0;
  for (const [stream, tip] of tips) {
    const aggregate = aggregateOf(partsOf(stream)?.kind);
    if (aggregate === undefined) ports.findings.add('stream', stream, 'is of no known kind');
    else snapshots += await checkStream(ports, aggregate, stream, tip);
    events += tip.revision + 1;
    progress.at(events, total);
  }
  return { streams: tips.size, snapshots };
}

/** Answers how many snapshots were compared. */
async function checkStream(
  ports: StreamPorts,
  aggregate: AnyAggregate,
  stream: StreamName,
  { revision }: Tip,
): Promise<number> {
  const { findings, snapshotsOf } = ports;
  const { snapshot } = aggregate;
  const revisions = snapshot ? await snapshotsOf(stream, snapshot.version) : [];
  const fold = emptyFold<unknown, DomainEvent>(aggregate.decider.initialState);
  let compared = 0;
  try {
    for (const at of revisions) {
      if (at > revision) {
        // Taken while we read, or of a log that was cut off.
        if (!(await exists(ports, stream, at))) {
          findings.add('snapshot', `${stream}@${at}`, 'is of a revision that is not in the log');
        }
        continue;
      }
      await foldTail(ports, aggregate, stream, fold, at);
      if (await compareSnapshot(ports, aggregate, stream, fold)) compared++;
    }
    await foldTail(ports, aggregate, stream, fold, revision);
    await compareLoaded(ports, aggregate, stream, fold);
  } catch (error) {
    findings.add(
      'stream',
      `${stream}@${fold.revision + 1}`,
      `cannot be replayed: ${nameOf(error)}`,
    );
  } finally {
    letGo(fold.state);
  }
  return compared;
}

async function exists({ log }: LoadPorts, stream: StreamName, revision: number): Promise<boolean> {
  return (await log.readStream(stream, { from: revision, limit: 1 })).length > 0;
}

/** Answers false for one that its subject's destroyed key has taken with it. */
async function compareSnapshot(
  { sealer, snapshots, findings }: StreamPorts,
  aggregate: AnyAggregate,
  stream: StreamName,
  replayed: Fold<unknown, DomainEvent>,
): Promise<boolean> {
  const { snapshot } = aggregate;
  const parts = partsOf(stream);
  if (!snapshot || !parts) return false;
  const where = `${stream}@${replayed.revision}`;
  const stored = await snapshots.load(stream, snapshot.version, replayed.revision);
  if (stored?.revision !== replayed.revision) return false;
  try {
    const key = await sealer.keyFor(parts.tenant, snapshot.subject(parts));
    const name = snapshotName(stream, snapshot.version, replayed.revision);
    const plain = key.openBytes(name, stored.sealed);
    if (plain === undefined) findings.add('snapshot', where, 'does not open');
    else if (!saysTheSame(aggregate, replayed, plain)) {
      findings.add('snapshot', where, 'differs from the replay of its stream');
    }
    return true;
  } catch (error) {
    if (error instanceof SubjectErased) return false;
    throw error;
  }
}

function saysTheSame(
  aggregate: AnyAggregate,
  replayed: Fold<unknown, DomainEvent>,
  plain: Uint8Array,
): boolean {
  const mine = encodeFold(aggregate, replayed);
  if (mine && Buffer.compare(mine, plain) === 0) return true;
  // Other bytes may still say the same: an Automerge document can be saved in several ways.
  const taken = decoded(aggregate, replayed.revision, plain);
  if (taken === undefined) return false;
  try {
    return sameFold(taken, replayed);
  } finally {
    letGo(taken.state);
  }
}

/** Undefined for bytes that are no snapshot of this state version, though they were sealed as one. */
function decoded(aggregate: AnyAggregate, revision: number, plain: Uint8Array) {
  try {
    return decodeFold(aggregate, revision, plain);
  } catch {
    return undefined;
  }
}

function sameFold<State>(one: Fold<State, DomainEvent>, other: Fold<State, DomainEvent>): boolean {
  return (
    one.revision === other.revision &&
    one.recordedAt === other.recordedAt &&
    isDeepStrictEqual(one.handled.encode(), other.handled.encode()) &&
    isDeepStrictEqual(comparable(one.state), comparable(other.state))
  );
}

async function compareLoaded(
  ports: StreamPorts,
  aggregate: Aggregate<unknown, unknown, DomainEvent>,
  stream: StreamName,
  replayed: Fold<unknown, DomainEvent>,
): Promise<void> {
  const loaded = await load(ports, aggregate, stream, replayed.revision);
  try {
    if (!sameFold(loaded, replayed)) {
      const where = `${stream}@${replayed.revision}`;
      ports.findings.add('stream', where, 'snapshot and tail differ from the replay');
    }
  } finally {
    letGo(loaded.state);
  }
}

/** The kind of error: messages may quote content. */
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);
