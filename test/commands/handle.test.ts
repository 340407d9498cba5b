import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import {
  AppendTooLarge,
  CommandContended,
  type EventLog,
  LogUnavailable,
  WrongExpectedRevision,
} from '#commands/ports.ts';
import { Rejected } from '#domain/rejected.ts';
import { streamOf } from '#domain/stream.ts';
import { process, request, world } from '#test/support/command-path.ts';
import { acme } from '#test/support/sealing.ts';

const count = (by: number) => ({ type: 'Count', by }) as const;
const rejection = (code: string) => (error: unknown) =>
  error instanceof Rejected && error.code === code;

test('a command is loaded, decided and appended', async () => {
  const { handle } = process(world());
  const id = randomUUID();
  const first = await handle(id, count(2), request());
  const second = await handle(id, count(3), request());
  assert.deepEqual([first.revision, second.revision], [0, 1]);
  assert.equal(second.state.sum, 5);
  assert.ok(second.position !== undefined && second.position > (first.position ?? 0n));
});

test('the same key and request get the first answer, and nothing happens twice', async () => {
  const { handle } = process(world());
  const id = randomUUID();
  const once = request();
  const first = await handle(id, count(2), once);
  await handle(id, count(10), request());
  const again = await handle(id, count(2), once);
  assert.deepEqual(
    [again.revision, again.position, again.repeated],
    [first.revision, first.position, true],
  );
  assert.equal(again.state.sum, 12);
});

test('the same key with another request is refused, also by another process after a restart', async () => {
  const shared = world();
  const id = randomUUID();
  const once = request();
  await process(shared).handle(id, count(2), once);
  const other = { ...once, commandHash: Uint8Array.of(9) };
  await assert.rejects(process(shared).handle(id, count(3), other), rejection('command/reused'));
});

test('"already so" answers where the stream stands and appends nothing', async () => {
  const { handle } = process(world());
  const id = randomUUID();
  const closed = await handle(id, { type: 'Close' }, request());
  const again = await handle(id, { type: 'Close' }, request());
  assert.deepEqual([again.revision, again.position], [closed.revision, closed.position]);
});

test('when another process wrote first, the command is decided again on what it wrote', async () => {
  const shared = world();
  const [here, there] = [process(shared), process(shared)];
  const id = randomUUID();
  await here.handle(id, count(1), request());
  await there.handle(id, count(1), request());
  const outcome = await here.handle(id, count(1), request());
  assert.deepEqual([outcome.revision, outcome.state.sum], [2, 3]);
});

test('one command sent to two processes at once happens once, and both get the same answer', async () => {
  const shared = world();
  const id = randomUUID();
  const once = request();
  const outcomes = await Promise.all(
    [process(shared), process(shared), process(shared)].map(({ handle }) =>
      handle(id, count(7), once),
    ),
  );
  assert.deepEqual(new Set(outcomes.map(({ revision }) => revision)), new Set([0]));
  assert.equal((await process(shared).history.newest(acme, id)).state.sum, 7);
});

test('a process that is behind does not refuse what the newest state allows', async () => {
  const shared = world();
  const [here, there] = [process(shared), process(shared)];
  const id = randomUUID();
  await here.handle(id, count(1), request());
  await there.handle(id, { type: 'Close' }, request());
  // `here` still holds an open tally: it must notice before it says yes or no.
  await assert.rejects(here.handle(id, count(1), request()), rejection('document/archived'));
});

test('a caller that insists on a revision is refused when the stream has moved', async () => {
  const { handle } = process(world());
  const id = randomUUID();
  await handle(id, count(1), request());
  await handle(id, count(1), request({ expectedRevision: 0 }));
  const insists = request({ expectedRevision: 0 });
  await assert.rejects(handle(id, count(1), insists), WrongExpectedRevision);
});

test('a repeat that insists on the revision it saw still gets its first answer', async () => {
  const { handle } = process(world());
  const id = randomUUID();
  await handle(id, count(1), request());
  const insists = request({ expectedRevision: 0 });
  const first = await handle(id, count(1), insists);
  assert.equal((await handle(id, count(1), insists)).revision, first.revision);
});

test('100 commands at once on one stream all happen, in turn', async () => {
  const shared = world();
  const [here, there] = [process(shared), process(shared)];
  const id = randomUUID();
  await Promise.all(
    Array.from({ length: 100 }, (_, n) => (n % 2 ? here : there).handle(id, count(1), request())),
  );
  assert.equal((await here.history.newest(acme, id)).state.sum, 100);
});

test('a stream that others write to all the time is answered with "contended" at the deadline', async () => {
  const shared = world();
  const always: EventLog = {
    ...shared.log,
    append: async (stream, expected) => {
      await shared.clock.advance(3_000);
      throw new WrongExpectedRevision(stream, expected, 99);
    },
  };
  const { handle } = process({ ...shared, log: always });
  await assert.rejects(handle(randomUUID(), count(1), request()), CommandContended);
});

test('more commands than a stream can queue are refused, and the queued ones still happen', async () => {
  const { handle } = process(world());
  const id = randomUUID();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 600 }, () => handle(id, count(1), request())),
  );
  const refused = outcomes.filter(({ status }) => status === 'rejected');
  assert.equal(refused.length, 600 - 512);
  assert.equal((await handle(id, count(1), request())).state.sum, 513);
});

const largeNote = () => randomBytes(200_000).toString('hex');

test('an outcome larger than one append takes effect as a whole, with its last event', async () => {
  const shared = world();
  const id = randomUUID();
  const large = { type: 'Count', by: 1, note: largeNote(), times: 8 } as const;
  const { state, revision } = await process(shared).handle(id, large, request());
  assert.deepEqual([state.sum, revision], [8, 7]);
  assert.equal((await process(shared).history.newest(acme, id)).state.sum, 8);
  const before = await process(shared).history.at(acme, id, { revision: 6 });
  assert.equal(before.state.sum, 0, 'before its last event nothing has happened');
});

test('a large command that was cut off half-way has no effect until it is sent again', async () => {
  const shared = world();
  const id = randomUUID();
  const large = { type: 'Count', by: 1, note: largeNote(), times: 8 } as const;
  let appends = 0;
  const breaking: EventLog = {
    ...shared.log,
    append: async (...args) => {
      appends++;
      if (appends > 2) throw new LogUnavailable('it went away');
      return await shared.log.append(...args);
    },
  };
  const once = request();
  await assert.rejects(
    process({ ...shared, log: breaking }).handle(id, large, once),
    LogUnavailable,
  );

  const { handle, history } = process(shared);
  assert.equal((await history.newest(acme, id)).state.sum, 0);
  assert.equal((await handle(id, count(100), request())).state.sum, 100);
  assert.equal((await handle(id, large, once)).state.sum, 108);
  assert.equal((await handle(id, large, once)).repeated, true);
  assert.equal((await process(shared).history.newest(acme, id)).state.sum, 108);
});

test('one event that is too large for any append is refused and nothing is written', async () => {
  const shared = world();
  const id = randomUUID();
  const note = randomBytes(600_000).toString('base64') + randomBytes(600_000).toString('base64');
  await assert.rejects(
    process(shared).handle(id, { type: 'Count', by: 1, note }, request()),
    AppendTooLarge,
  );
  assert.deepEqual(await shared.log.readStream(streamOf(acme, 'document', id)), []);
});

test('the last 1,000 commands are remembered, and all of the last 24 hours', async () => {
  const shared = world();
  const { handle } = process(shared);
  const id = randomUUID();
  const [first, old] = [request(), request()];
  await handle(id, count(1), first);
  await shared.clock.advance(25 * 3_600_000);
  await handle(id, count(1), old);
  for (let n = 0; n < 1_000; n++) await handle(id, count(0), request());
  assert.equal((await handle(id, count(1), old)).repeated, true);
  // What is older than both is no longer answered, but the log still does not take it twice.
  await assert.rejects(handle(id, count(1), first), rejection('command/reused'));
});
