import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { type Conflicts, chunkHash, conflictsIn } from '#test/support/conflicts.ts';
import { type WrittenDocument, ada, bob, written } from '#test/support/document.ts';
import { ForeignWriter } from '#test/support/foreign-writer.ts';
import { principal } from '#test/support/given.ts';
import { type Random, seededRandom } from '#test/support/random.ts';
import { Oracle } from './oracle.ts';

const RUNS = 200;
const TEXTS = ['x', ' ', 'ab c', '-', 'ö'];
type Change = ReturnType<ForeignWriter['splice']>;
const people = [ada, bob, principal('eve', 'editor')];

type Client = {
  readonly writer: ForeignWriter;
  readonly known: Set<Uint8Array>;
  readonly unsent: Change[];
};

function begin(document: WrittenDocument): Client[] {
  return people.map((_, index) => {
    const writer = new ForeignWriter(
      Buffer.from(`client ${index}`.padEnd(16, '.')).toString('hex'),
    );
    writer.take(document.changes);
    return { writer, known: new Set(document.changes), unsent: [] };
  });
}

function write({ writer, known, unsent }: Client, section: string, random: Random): void {
  const length = writer.lengthOf(section)!;
  const at = random.below(length + 1);
  const deleted = random.below(2) * Math.min(random.below(6), length - at);
  const change =
    random.below(12) === 0
      ? writer.rename(`Plan ${random.next()}`)
      : writer.splice(section, at, deleted, deleted > 2 ? '' : TEXTS[random.below(5)]);
  unsent.push(change);
  known.add(change.bytes);
}

/** Takes in what another client knows, sent or not: from each other people learn as well. */
function learn(client: Client, from: Client): void {
  client.writer.take([...from.known]);
  for (const change of from.known) client.known.add(change);
}

/** Sends what can be sent: the server knows all that it was made on top of. */
function send(document: WrittenDocument, clients: readonly Client[], random: Random): void {
  const known = new Set(document.changes.map(chunkHash));
  const ready = clients.filter(({ unsent: [next] }) =>
    next?.chunk.deps.every((dep) => known.has(dep)),
  );
  const client = ready[random.below(ready.length)];
  if (client === undefined) return;
  const changes = [client.unsent.shift()!];
  const next = client.unsent[0];
  const isReady = next?.chunk.deps.every((dep) => known.has(dep) || dep === changes[0]!.hash);
  if (isReady === true && random.below(2) === 0) changes.push(client.unsent.shift()!);
  const { actor } = changes[0]!.chunk;
  const group = randomUUID();
  const who = people[clients.indexOf(client)];
  document.do({ type: 'AcceptChanges', actor, changes, group }, who);
}

function someStory(seed: number): WrittenDocument {
  const random = seededRandom(seed);
  const document = written('one two, three four\n');
  const clients = begin(document);
  const section = document.section(0);
  for (let left = 30; left > 0; left--) {
    const client = clients[random.below(3)]!;
    const dice = random.below(6);
    if (dice === 0) learn(client, clients[random.below(3)]!);
    else if (dice < 4) write(client, section, random);
    else send(document, clients, random);
  }
  while (clients.some(({ unsent }) => unsent.length > 0)) send(document, clients, random);
  return document;
}

/** Pairs of revisions that met, in words or titles. */
function metAsTold(told: Conflicts): string[] {
  return [...told].flatMap(([revision, conflicts]) =>
    conflicts.flatMap((conflict) => {
      const kind = conflict.kind === 'title' ? 'title' : 'words';
      return conflict.with.map((other) => `${kind} ${other} ${revision}`);
    }),
  );
}

function metAsReplayed({ events, changes }: WrittenDocument): string[] {
  const oracle = new Oracle(changes);
  const hashes = events.map(({ data }) => ('changes' in data ? data.changes.map(chunkHash) : []));
  const pairs = hashes.flatMap((mine, revision) =>
    hashes.slice(0, revision).map((theirs, other) => ({ mine, theirs, revision, other })),
  );
  return pairs.flatMap(({ mine, theirs, revision, other }) => {
    const met = (isMet: (one: string, another: string) => boolean) =>
      mine.some((one) =>
        theirs.some((another) => oracle.isConcurrent(one, another) && isMet(one, another)),
      );
    const kinds = [
      ...(met((one, another) => oracle.areTitlesInConflict(one, another)) ? ['title'] : []),
      ...(met((one, another) => oracle.areInSameWords(one, another)) ? ['words'] : []),
    ];
    return kinds.map((kind) => `${kind} ${other} ${revision}`);
  });
}

test('all that met are told, and no others, as their operations replayed one by one say', () => {
  let met = 0;
  for (let seed = 1; seed <= RUNS; seed++) {
    const document = someStory(seed);
    const told = conflictsIn(document.events);
    const replayed = metAsReplayed(document);
    const pairs = [...new Set(metAsTold(told))];
    assert.deepEqual(pairs.toSorted(), replayed.toSorted(), `seed ${seed}`);
    // What came after two edits says nothing of them.
    assert.deepEqual(conflictsIn(document.events, 7), told, `seed ${seed}`);
    met += replayed.length;
  }
  assert.ok(met > 1_000, `there were conflicts: ${met}`);
});
