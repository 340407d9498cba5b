import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { keepingParts } from '#commands/generation/kept-parts.ts';
import type { PartStore, Piece } from '#commands/generation/part-port.ts';
import { type Ended, type Shown, underWay } from '#commands/generation/under-way.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import type { MemberId } from '#domain/ids.ts';
import { memoryPartStore } from '#infra/memory/part-store.ts';
import { manualClock } from '#test/support/manual-clock.ts';
import { acme, testSealer, umbra } from '#test/support/sealing.ts';

const ada = randomUUID() as MemberId;
const over: Ended = { state: { status: 'missing' }, revision: 0, position: undefined };
const words = (...texts: string[]): Shown[] => texts.map((text) => ({ type: 'text', text }));

/** A generation that may be resumed, in a store that does what `change` makes of it. */
function resumable(change: (store: PartStore) => Partial<PartStore> = () => ({})) {
  const clock = manualClock();
  const sealer = testSealer();
  const pieces: Piece[] = [];
  const memory = memoryPartStore({ clock });
  const seen: PartStore = {
    ...memory,
    append: async (place, piece, keepMs) => {
      pieces.push(piece);
      return await memory.append(place, piece, keepMs);
    },
  };
  const store = { ...seen, ...change(seen) };
  const warnings: string[] = [];
  const of = keepingParts({ sealer, store, clock, warn: (message) => void warnings.push(message) });
  const id = randomUUID() as GenerationId;
  const kept = of(acme, ada, id);
  const running = underWay(clock, { resumable: true });
  const closing = new AbortController();
  const keeping = kept.keep(running, closing.signal);
  const show = (...texts: string[]) => {
    for (const part of words(...texts)) running.show(part);
  };
  /** In small steps, between which everybody does what is due. */
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 100) {
      for (let turns = 0; turns < 5; turns += 1) await new Promise(setImmediate);
      await clock.advance(Math.min(left, 100));
    }
    for (let turns = 0; turns < 5; turns += 1) await new Promise(setImmediate);
  };
  const textsFrom = async (from: number) =>
    (await kept.find(from))?.parts.map(({ part }) => 'text' in part && part.text);
  return {
    pass,
    sealer,
    of,
    id,
    kept,
    running,
    closing,
    keeping,
    show,
    textsFrom,
    pieces,
    warnings,
  };
}

test('what is shown is found from any part on, and so is its end', async () => {
  const { pass, kept, running, keeping, show, textsFrom } = resumable();
  assert.equal(await kept.find(0), undefined);
  show('Fish', ' and');
  await pass(100);
  assert.deepEqual(await textsFrom(0), ['Fish', ' and']);
  show(' frogs', '.');
  await pass(100);
  assert.deepEqual(await textsFrom(1), [' and', ' frogs', '.']);
  assert.deepEqual(await kept.find(3), {
    parts: [{ number: 3, part: { type: 'text', text: '.' } }],
    isOver: false,
  });
  assert.deepEqual(await kept.find(4), { parts: [], isOver: false });
  running.end(over);
  await pass(200);
  await keeping;
  assert.deepEqual(await kept.find(4), { parts: [], isOver: true });
  assert.equal((await kept.find(3))?.isOver, false, 'there is something to read before it');
  await pass(16_000);
  assert.equal(await kept.find(0), undefined);
});

test('what comes fast is kept in few pieces, and a piece is never large', async () => {
  const { pass, show, pieces, textsFrom } = resumable();
  show('one');
  await pass(50);
  for (let index = 0; index < 1_200; index += 1) show(`${index} `);
  await pass(1_000);
  assert.deepEqual(
    pieces.map(({ from, to }) => [from, to]),
    [
      [0, 1],
      [1, 501],
      [501, 1_001],
      [1_001, 1_201],
    ],
  );
  assert.equal((await textsFrom(0))?.length, 1_201);
});

test('a model that is silent for long loses nothing', async () => {
  const { pass, show, textsFrom } = resumable();
  show('Fish');
  await pass(60_000);
  assert.deepEqual(await textsFrom(0), ['Fish']);
});

test('parts are found by their generation and tenant, and by nobody after their member was erased', async () => {
  const { pass, sealer, of, id, kept, show } = resumable();
  show('Fish');
  await pass(100);
  assert.equal(await of(umbra, ada, id).find(0), undefined);
  assert.equal(await of(acme, ada, randomUUID() as GenerationId).find(0), undefined);
  assert.equal((await kept.find(0))?.parts.length, 1);
  await sealer.destroy(acme, `member:${ada}`);
  assert.equal(await kept.find(0), undefined);
});

test('a piece that was moved to another place is none', async () => {
  let movedBy = 0;
  const { pass, kept, show } = resumable((store) => ({
    read: async (place, from, awaitMs) => {
      const found = await store.read(place, from, awaitMs);
      return (
        found && {
          ...found,
          pieces: found.pieces.map(({ to, sealed }) => ({ to: to + movedBy, sealed })),
        }
      );
    },
  }));
  show('Fish');
  await pass(100);
  show(' and');
  await pass(100);
  assert.equal((await kept.find(0))?.parts.length, 2);
  movedBy = 1;
  assert.equal(await kept.find(0), undefined);
});

test('what a store lost or could not take is told again, once it is there', async () => {
  let isAway = true;
  const { pass, running, keeping, show, textsFrom } = resumable((store) => ({
    append: async (...of) => {
      return isAway ? undefined : await store.append(...of);
    },
  }));
  show('Fish');
  await pass(5_000);
  show(' and');
  isAway = false;
  await pass(1_000);
  assert.deepEqual(await textsFrom(0), ['Fish', ' and']);
  isAway = true;
  show(' frogs');
  await pass(40_000);
  assert.equal(await textsFrom(0), undefined);
  isAway = false;
  show('.');
  running.end(over);
  await pass(2_000);
  assert.deepEqual(await textsFrom(0), ['Fish', ' and', ' frogs', '.']);
  await keeping;
});

test('nobody waits long for a store that is away', async () => {
  const away = () => ({ append: async () => undefined });
  const { pass, running, keeping } = resumable(away);
  running.end(over);
  await pass(16_000);
  await keeping;
  const closed = resumable(away);
  closed.closing.abort();
  closed.running.end(over);
  await closed.keeping;
});

test('what goes wrong with a copy is said once, and harms nobody', async () => {
  const wrong = () => ({
    append: () => Promise.reject(new Error('wrong')),
    awaitedForMs: () => Promise.reject(new Error('wrong')),
  });
  const { pass, kept, running, keeping, show, warnings } = resumable(wrong);
  assert.equal(await kept.awaitedForMs(), 0);
  show('Fish');
  await pass(5_000);
  running.end(over);
  await pass(16_000);
  await keeping;
  assert.equal(warnings.length, 1);
});
