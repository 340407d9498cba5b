import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeadLetter } from '#projections/ports.ts';
import {
  caughtUp,
  eventually,
  newDocument,
  note,
  operations,
  projectionWorld,
  projector,
  readSum,
  sums,
} from '#test/support/projections.ts';

const row = (sum: number, events: number) => ({ sum, events, erased: false });

/** One stream with a 13 in its middle, among others; `unlucky` says whether it can be taken. */
async function poisoned(t: Parameters<typeof projectionWorld>[0], catchesUp = false) {
  const world = await projectionWorld(t);
  const luck = { unlucky: true };
  const projections = [sums({ unlucky: () => luck.unlucky })];
  const [sick, ...healthy] = [newDocument(), newDocument(), newDocument()] as const;
  const start = async () => await projector(t, world, projections);
  const early = catchesUp ? undefined : await start();
  for (const by of [1, 13, 5]) {
    for (const document of healthy) await note(world, document, { by: 2 });
    await note(world, sick, { by });
  }
  const process = early ?? (await start());
  await caughtUp(world, process, projections);
  return { world, luck, projections, sick, healthy, process };
}

for (const catchesUp of [false, true]) {
  const when = catchesUp ? 'in the middle of a large batch' : 'as it arrives';
  test(`a failing event parks its stream and nothing else, ${when}`, async (t) => {
    const { world, projections, process, sick, healthy } = await poisoned(t, catchesUp);
    assert.deepEqual(await readSum(process.views, sick), row(1, 1));
    for (const document of healthy) {
      assert.deepEqual(await readSum(process.views, document), row(6, 3));
    }
    const letters = await operations(world, projections).deadLetters('sums');
    assert.equal(letters.length, 1);
    const [letter = assert.fail()] = letters;
    assert.equal(letter.stream, sick);
    assert.deepEqual([letter.firstRevision, letter.lastRevision, letter.events], [1, 2, 2]);
    assert.match(letter.error, /^Error/);
    assert.doesNotMatch(letter.error, /13/, 'the message of an error may quote content');
  });
}

test('what was parked is handled in order when it is tried again', async (t) => {
  const { world, luck, projections, process, sick } = await poisoned(t);
  const operate = operations(world, projections, process);
  assert.equal(await operate.retry('sums', sick), 'parked again');
  assert.equal((await operate.deadLetters('sums')).length, 1);
  luck.unlucky = false;
  assert.equal(await operate.retry('sums', sick), 'handled');
  assert.deepEqual(await readSum(process.views, sick), row(19, 3));
  await note(world, sick, { by: 1 });
  await caughtUp(world, process, projections);
  assert.deepEqual(await readSum(process.views, sick), row(20, 4));
  assert.deepEqual(await operate.deadLetters('sums'), []);
  assert.equal(await operate.retry('sums', sick), 'not found');
});

test('a retry while events arrive loses none and repeats none', async (t) => {
  const { world, luck, projections, process, sick } = await poisoned(t);
  const operate = operations(world, projections, process);
  luck.unlucky = false;
  const writing = (async () => {
    for (let count = 0; count < 100; count += 1) await note(world, sick, { by: 1 });
  })();
  assert.equal(await operate.retry('sums', sick), 'handled');
  await writing;
  await caughtUp(world, process, projections);
  assert.deepEqual(await readSum(process.views, sick), row(119, 103));
});

test('what is dropped is said in the log first, and later events flow again', async (t) => {
  const { world, projections, process, sick } = await poisoned(t);
  const operate = operations(world, projections, process);
  const recorded: DeadLetter[] = [];
  assert.ok(await operate.drop('sums', sick, async (letter) => recorded.push(letter)));
  assert.deepEqual(
    recorded.map(({ stream, events }) => ({ stream, events })),
    [{ stream: sick, events: 2 }],
  );
  await note(world, sick, { by: 7 });
  await caughtUp(world, process, projections);
  assert.deepEqual(await readSum(process.views, sick), row(8, 2));
  assert.deepEqual(await operate.deadLetters('sums'), []);
  assert.equal(await operate.drop('sums', sick, async () => undefined), false);
});

test('an event whose body was altered parks its stream', async (t) => {
  const world = await projectionWorld(t);
  const [altered, whole] = [newDocument(), newDocument()];
  await note(world, altered, { by: 1 });
  await note(world, whole, { by: 1 });
  const readAll: typeof world.log.readAll = async (options) => {
    const events = await world.log.readAll(options);
    return events.map(({ header, body, position }) => ({
      header,
      position,
      body: header.stream === altered ? flipped(body) : body,
    }));
  };
  const projections = [sums()];
  const process = await projector(t, world, projections, { log: { ...world.log, readAll } });
  await caughtUp(world, process, projections);
  assert.deepEqual(await readSum(process.views, whole), row(1, 1));
  const [letter = assert.fail()] = await world.store.deadLetters('sums');
  assert.equal(letter.stream, altered);
  assert.match(letter.error, /^LogTampered/);
});

test('dead letters belong to one build: a rebuild tries the event anew', async (t) => {
  const { world, luck, projections, process, sick } = await poisoned(t);
  const operate = operations(world, projections, process);
  luck.unlucky = false;
  await operate.rebuild('sums');
  await eventually(async () => (await readSum(process.views, sick))?.sum === 19);
  const standings = await world.store.standings(projections);
  assert.equal(standings.find(({ registered }) => registered)?.deadLetters, 0);
});

function flipped(body: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(body);
  copy[copy.length - 1]! ^= 1;
  return copy;
}
