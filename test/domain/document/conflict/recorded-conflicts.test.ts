import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { conflictKinds } from '#domain/document/conflict/conflict.ts';
import { type Conflicts, conflictsIn } from '#test/support/conflicts.ts';
import { type WrittenDocument, ada, bob, written } from '#test/support/document.ts';
import { ForeignWriter } from '#test/support/foreign-writer.ts';

// What two people really typed at once (see DATA's README for its licence); it is no part of this
// repository.

type Patch = readonly [at: number, count: number, text: string];
type Txn = {
  readonly parents: readonly number[];
  readonly agent: number;
  readonly patches: readonly Patch[];
};
type Trace = { readonly endContent: string; readonly txns: readonly Txn[] };

const DATA = process.env['PALIMPSEST_DATA'] ?? join('..', 'shared', 'data');
const file = join(DATA, 'traces', 'friendsforever.json.gz');
const skip = existsSync(file) ? false : `there is no ${file}`;
const people = [ada, bob];

/** What somebody typed without learning anything new. */
type Burst = { readonly agent: number; readonly knows: number; readonly patches: readonly Patch[] };

/** In the order in which they end; `most` keystrokes each. What the other knows is never half of one. */
function burstsOf({ txns }: Trace, most: number): readonly Burst[] {
  const counts: [number, number][] = [];
  txns.forEach(({ parents, agent }) => {
    const count: [number, number] = [0, 0];
    for (const parent of parents) {
      counts[parent]!.forEach((known, of) => (count[of] = Math.max(count[of]!, known)));
    }
    count[agent]!++;
    counts.push(count);
  });
  const seen = [0, 1].map(
    (agent) =>
      new Set(txns.flatMap((txn, at) => (txn.agent === agent ? [] : [counts[at]![agent]!]))),
  );
  const bursts: Burst[] = [];
  const open = [0, 1].map((): Patch[] => []);
  txns.forEach(({ agent, patches }, at) => {
    open[agent]!.push(...patches);
    const next = txns.findIndex((txn, index) => index > at && txn.agent === agent);
    const knows = counts[at]![1 - agent]!;
    const isLast = next < 0 || counts[next]![1 - agent] !== knows;
    if (!isLast && open[agent]!.length < most && !seen[agent]!.has(counts[at]![agent]!)) return;
    bursts.push({ agent, knows, patches: open[agent]!.splice(0) });
  });
  return bursts;
}

/** Each of them types in a client that knows what the recording says they knew. */
function typed(bursts: readonly Burst[]): WrittenDocument {
  const document = written('.');
  const section = document.section(0);
  const clients = people.map((_, agent) => {
    const writer = new ForeignWriter(
      Buffer.from(`friend ${agent}`.padEnd(16, '.')).toString('hex'),
    );
    writer.take(document.changes);
    return { writer, changes: [] as Uint8Array[], ends: [0], taken: 0 };
  });
  for (const { agent, knows, patches } of bursts) {
    const [own, other] = [clients[agent]!, clients[1 - agent]!];
    const upTo = other.ends.indexOf(knows);
    assert.ok(upTo >= own.taken, 'nobody knows half of a change');
    if (upTo > own.taken) own.writer.take(other.changes.slice(own.taken, upTo));
    own.taken = upTo;
    const change = own.writer.spliceAll(section, patches);
    own.changes.push(change.bytes);
    own.ends.push(own.ends.at(-1)! + patches.length);
    const { actor } = change.chunk;
    document.do(
      { type: 'AcceptChanges', actor, changes: [change], group: randomUUID() },
      people[agent],
    );
  }
  return document;
}

function report(told: Conflicts, edits: number): string {
  const per = (count: number) => ((count * 1_000) / edits).toFixed(1);
  const kinds = conflictKinds.map((kind) => {
    const met = [...told.values()].filter((conflicts) =>
      conflicts.some((one) => one.kind === kind),
    );
    return `${kind} ${per(met.length)}`;
  });
  return `${edits} edits, ${told.size} met others: ${per(told.size)} per 1,000 (${kinds.join(', ')})`;
}

for (const most of [1, 10]) {
  test(
    `two friends who typed at once, ${most} keystrokes a change, met now and then`,
    { skip },
    (t) => {
      const trace = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Trace;
      const bursts = burstsOf(trace, most);
      const document = typed(bursts);
      assert.equal(document.markdown, `${trace.endContent}.`);
      const started = performance.now();
      const told = conflictsIn(document.events, 500);
      const seconds = ((performance.now() - started) / 1_000).toFixed(1);
      t.diagnostic(`${report(told, bursts.length)}; found in ${seconds} s`);
      assert.ok(told.size > 0 && told.size < bursts.length / 10);
    },
  );
}
