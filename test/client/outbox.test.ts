import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_FRAME_BYTES } from '#api/live/frames.ts';
import { encode } from '#client/cbor.ts';
import { Outbox } from '#client/outbox.ts';

const group = (n: number) => new Uint8Array(16).fill(n);
const unsent = (of: number, bytes: number) => ({ group: group(of), change: new Uint8Array(bytes) });

test('what waits goes in frames of one group each, none larger than a server takes', () => {
  const waiting = [
    ...Array.from({ length: 250 }, () => unsent(1, 3_000)),
    ...Array.from({ length: 10 }, () => unsent(2, 300_000)),
    unsent(3, 512 * 1_024),
    unsent(3, 1),
  ];
  const outbox = new Outbox(waiting);
  const sent: Uint8Array[] = [];
  for (let next = outbox.next(); next !== undefined; next = outbox.next()) {
    const frame = { t: 'changes', ...next };
    assert.ok(encode(frame).length <= MOST_FRAME_BYTES);
    const all = waiting.slice(sent.length, sent.length + next.changes.length);
    assert.ok(all.every(({ group }) => group[0] === next.group[0]));
    sent.push(...next.changes);
  }
  assert.deepEqual(
    sent,
    waiting.map(({ change }) => change),
  );
});

test('what was not acknowledged is sent again on the next connection, and nothing else', () => {
  const waiting = [unsent(1, 1), unsent(1, 2), unsent(2, 3)];
  const outbox = new Outbox(waiting);
  const [first, second] = [outbox.next(), outbox.next()];
  assert.deepEqual([first?.changes.length, second?.changes.length], [2, 1]);
  assert.ok(outbox.acknowledged(first!.n));
  assert.ok(!outbox.acknowledged(first!.n));
  outbox.reconnected();
  assert.deepEqual(outbox.next()?.changes, [waiting[2]!.change]);
  assert.equal(outbox.next(), undefined);
});
