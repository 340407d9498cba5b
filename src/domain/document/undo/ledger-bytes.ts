import { Origin } from '#domain/document/events.ts';
import type { MemberId } from '#domain/ids.ts';
import { ByteReader } from './columns.ts';
import { type EditGroup, keep, newEditGroups } from './groups.ts';
import type { Hand, Ledger, Reversal } from './ledger.ts';
import { packed, unzigzag, zigzag } from './packed-numbers.ts';
import { ownerWithinReach } from './reversals.ts';
import { runsFrom, runsToBytes } from './run-bytes.ts';

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
  readonly hands: Uint8Array;
  readonly runs: Uint8Array;
  readonly reversals: Uint8Array;
};

const ID_BYTES = 16;

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
  const hands = ledger.hands.flatMap(({ author, origin }) => [
    indexIn(members, author),
    indexIn(origins, origin),
  ]);
  return {
    ground: ledger.ground,
    settlings: ledger.settlings,
    actors: ledger.actors.map((actor) => Buffer.from(actor, 'hex')),
    members: [...members.keys()],
    origins: [...origins.keys()],
    groupIds: Buffer.concat([...known.values()].map(({ id }) => idToBytes(id))),
    groups: packed(groups),
    hands: packed(hands),
    runs: runsToBytes(ledger),
    reversals: packed(
      ledger.reversals.flatMap(({ was, by, counts }) => {
        return [zigzag(ownerWithinReach(ledger, was)), by, Number(counts)];
      }),
    ),
  };
}

export function ledgerFromBytes(bytes: LedgerBytes): Ledger {
  const actors = bytes.actors.map((actor) => Buffer.from(actor).toString('hex'));
  const actorCounts = actors.map(() => 0);
  const runs = runsFrom(bytes.runs);
  for (const { actor, count } of runs) actorCounts[actor] = (actorCounts[actor] ?? 0) + count;
  const { ground, settlings } = bytes;
  const origins = bytes.origins.map((origin) => Origin.parse(origin));
  const names = { members: bytes.members, origins };
  const [hands, groups] = [handsFrom(bytes, names), groupsFrom(bytes, names)];
  const reversals = reversalsFrom(bytes);
  return { actors, counts: actorCounts, hands, runs, groups, reversals, ground, settlings };
}

function reversalsFrom({ reversals: packed }: LedgerBytes): Reversal[] {
  const reversals: Reversal[] = [];
  for (const reader = new ByteReader(packed); !reader.isAtEnd;) {
    const was = unzigzag(reader.unsigned());
    reversals.push({ was, by: reader.unsigned(), counts: reader.unsigned() === 1 });
  }
  return reversals;
}

type Names = { readonly members: readonly string[]; readonly origins: readonly Origin[] };

function handsFrom({ hands: packed }: LedgerBytes, names: Names): Hand[] {
  const hands: Hand[] = [];
  for (const reader = new ByteReader(packed); !reader.isAtEnd;) hands.push(handFrom(reader, names));
  return hands;
}

function handFrom(reader: ByteReader, { members, origins }: Names): Hand {
  const author = members[reader.unsigned()] as MemberId;
  const origin = origins[reader.unsigned()];
  if (origin === undefined) throw new RangeError('A ledger names an origin that it does not have.');
  return { author, origin };
}

function groupsFrom({ groupIds, groups: packed }: LedgerBytes, names: Names): Ledger['groups'] {
  const groups = newEditGroups();
  const reader = new ByteReader(packed);
  [groups.count, groups.turns] = [reader.unsigned(), reader.unsigned()];
  let [number, at] = [0, 0];
  for (let index = 0; !reader.isAtEnd; index++) {
    number += reader.unsigned();
    at += unzigzag(reader.unsigned());
    const { author, origin } = handFrom(reader, names);
    const id = idFromBytes(groupIds.subarray(index * ID_BYTES, (index + 1) * ID_BYTES));
    keep(groups, { number, id, author, origin, at, undone: undoneFrom(reader, names) });
  }
  return groups;
}

function undoneFrom(reader: ByteReader, { members }: Names): EditGroup['undone'] {
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

const idToBytes = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex');

function idFromBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return [...parts, hex.slice(20)].join('-');
}
