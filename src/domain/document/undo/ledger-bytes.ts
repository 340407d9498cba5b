import { Origin } from '#domain/document/events.ts';
import type { MemberId } from '#domain/ids.ts';
import { ByteReader } from './columns.ts';
import { type EditGroup, keep, newEditGroups } from './groups.ts';
import {
  GONE,
  GROUND,
  type Ledger,
  type Owner,
  REVIVED,
  type Run,
  addRun,
  counts,
} from './ledger.ts';

/**
 * A ledger as it stands in a snapshot: names once, ids as bytes, the rest as LEB128 numbers that
 * tell what differs from the one before. A run takes three bytes, a group twenty.
 */
export type LedgerBytes = Pick<Ledger, 'ground' | 'settlings'> & {
  readonly actors: readonly Uint8Array[];
  readonly members: readonly string[];
  readonly origins: readonly string[];
  readonly groupIds: Uint8Array;
  readonly groups: Uint8Array;
  readonly runs: Uint8Array;
};

const ID_BYTES = 16;
/** Owners that are no group: their codes in a run come before those of groups. */
const NO_GROUPS = 5;
/** In front of the code of an owner who brought characters back. */
const REVIVAL = 0;

export function ledgerToBytes(ledger: Ledger): LedgerBytes {
  const { known, count, turns } = ledger.groups;
  const members = new Map<string, number>();
  const origins = new Map<string, number>();
  const groups: number[] = [count, turns];
  let [number, at] = [0, 0];
  for (const group of known.values()) {
    const { undone } = group;
    groups.push(group.number - number, zigzag(group.at - at));
    groups.push(indexIn(members, group.author), indexIn(origins, group.origin));
    groups.push(undone ? undone.turn * 2 + Number(undone.isFinal) : 0);
    if (undone) groups.push(indexIn(members, undone.by));
    [number, at] = [group.number, group.at];
  }
  return {
    ground: ledger.ground,
    settlings: ledger.settlings,
    actors: ledger.actors.map((actor) => Buffer.from(actor, 'hex')),
    members: [...members.keys()],
    origins: [...origins.keys()],
    groupIds: Buffer.concat([...known.values()].map(({ id }) => idToBytes(id))),
    groups: packed(groups),
    runs: packed(runNumbers(ledger)),
  };
}

/** What undo no longer reaches needs no number of its own. */
function runNumbers(ledger: Ledger): number[] {
  const { known } = ledger.groups;
  const runs: Run[] = [];
  for (const run of ledger.runs) {
    const isBeyond = run.owner >= 0 && !known.has(run.owner);
    const settled = counts(ledger, run.owner) ? GROUND : GONE;
    addRun(runs, { ...run, owner: isBeyond ? settled : run.owner });
  }
  let last = 0;
  return runs.flatMap(({ actor, owner, isRevival, count }) => {
    const code = owner < 0 ? -owner : NO_GROUPS + zigzag(owner - last);
    if (owner >= 0) last = owner;
    return isRevival && owner !== REVIVED ? [actor, REVIVAL, code, count] : [actor, code, count];
  });
}

export function ledgerFromBytes(bytes: LedgerBytes): Ledger {
  const actors = bytes.actors.map((actor) => Buffer.from(actor).toString('hex'));
  const actorCounts = actors.map(() => 0);
  const runs: Run[] = [];
  const reader = new ByteReader(bytes.runs);
  for (let last = 0; !reader.isAtEnd;) {
    const actor = reader.unsigned();
    const first = reader.unsigned();
    const code = first === REVIVAL ? reader.unsigned() : first;
    const owner: Owner = code < NO_GROUPS ? -code : last + unzigzag(code - NO_GROUPS);
    const isRevival = first === REVIVAL || owner === REVIVED;
    const count = reader.unsigned();
    if (owner >= 0) last = owner;
    runs.push({ actor, owner, isRevival, count });
    actorCounts[actor] = (actorCounts[actor] ?? 0) + count;
  }
  const { ground, settlings } = bytes;
  return { actors, counts: actorCounts, runs, groups: groupsFrom(bytes), ground, settlings };
}

function groupsFrom({ members, origins, groupIds, groups: packed }: LedgerBytes): Ledger['groups'] {
  const groups = newEditGroups();
  const reader = new ByteReader(packed);
  [groups.count, groups.turns] = [reader.unsigned(), reader.unsigned()];
  let [number, at] = [0, 0];
  for (let index = 0; !reader.isAtEnd; index++) {
    number += reader.unsigned();
    at += unzigzag(reader.unsigned());
    const author = members[reader.unsigned()] as MemberId;
    const origin = Origin.parse(origins[reader.unsigned()]);
    const id = idFromBytes(groupIds.subarray(index * ID_BYTES, (index + 1) * ID_BYTES));
    keep(groups, { number, id, author, origin, at, undone: undoneFrom(reader, members) });
  }
  return groups;
}

function undoneFrom(reader: ByteReader, members: readonly string[]): EditGroup['undone'] {
  const code = reader.unsigned();
  if (code === 0) return undefined;
  const by = members[reader.unsigned()] as MemberId;
  return { turn: Math.floor(code / 2), by, isFinal: code % 2 === 1 };
}

function indexIn(names: Map<string, number>, name: string): number {
  const index = names.get(name) ?? names.size;
  names.set(name, index);
  return index;
}

const zigzag = (value: number) => (value < 0 ? -2 * value - 1 : 2 * value);
const unzigzag = (code: number) => (code % 2 === 1 ? -(code + 1) / 2 : code / 2);

const idToBytes = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex');

function idFromBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return [...parts, hex.slice(20)].join('-');
}

/** LEB128, one after the other. */
function packed(values: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (const value of values) {
    let left = value;
    for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80);
    bytes.push(left);
  }
  return Uint8Array.from(bytes);
}
