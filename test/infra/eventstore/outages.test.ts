import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type EventLog, LogTampered, LogUnavailable } from '#commands/ports.ts';
import type { EventStoreLogOptions } from '#infra/eventstore/event-log.ts';
import { openEventStore } from '#test/support/eventstore/open.ts';
import { eventStoreDouble } from '#test/support/eventstore/server.ts';
import { type ManualClock, manualClock } from '#test/support/manual-clock.ts';
import { startScript } from '#test/support/process.ts';
import { newStream, sealing } from '#test/support/stored-event.ts';

test('without the server everything is refused at once, and all comes back with it', async (t) => {
  const { double, log } = await world(t);
  const stop = new AbortController();
  const seen: string[] = [];
  const following = (async () => {
    for await (const batch of log.follow({ after: 0n, signal: stop.signal })) {
      seen.push(...batch.map(({ header }) => header.stream));
      if (seen.length === 2) stop.abort();
    }
  })();
  const first = await appendOne(log);
  await double.down();
  await assert.rejects(appendOne(log), LogUnavailable);
  await assert.rejects(log.readStream(newStream()), LogUnavailable);
  await assert.rejects(log.readAll({ after: 0n, limit: 1 }), LogUnavailable);
  await assert.rejects(log.readAll({ after: 0n, limit: 1, types: ['Noted'] }), LogUnavailable);
  await assert.rejects(log.head(), LogUnavailable);
  await double.up();
  const second = await untilItSucceeds(() => appendOne(log));
  await following;
  assert.deepEqual(seen, [first, second]);
});

test('a frozen server is given up in time, and used again when it has thawed', async (t) => {
  const clock = manualClock();
  const { double, log } = await world(t, { clock, deadlineMs: 10_000 });
  await appendOne(log);
  double.faults.frozen = true;
  const refused = Promise.all(
    [appendOne(log), appendOne(log), log.head()].map((call) =>
      assert.rejects(call, LogUnavailable),
    ),
  );
  await passing(clock, refused);
  double.thaw();
  await passing(
    clock,
    untilItSucceeds(() => appendOne(log)),
  );
});

test('when too many appends wait, the next one is refused at once', async (t) => {
  const { double, log } = await world(t, { maxWaiting: 10 });
  double.faults.frozen = true;
  const waiting = Array.from({ length: 10 }, async () => await appendOne(log));
  await assert.rejects(appendOne(log), LogUnavailable);
  double.thaw();
  await Promise.all(waiting);
  await appendOne(log);
});

test('large appends that wait are refused before they fill the memory', async (t) => {
  const { double, log } = await world(t);
  double.faults.frozen = true;
  const body = new Uint8Array(900_000);
  const results = Array.from({ length: 80 }, async () => {
    const stream = newStream();
    return await log.append(stream, 'none', sealing(stream, { body }));
  });
  const settled = Promise.allSettled(results);
  await assert.rejects(results.at(-1)!, LogUnavailable);
  double.thaw();
  const refused = (await settled).filter(({ status }) => status === 'rejected');
  assert.equal(refused.length, 80 - 71);
});

test('a slow server is waited for, within the deadline', async (t) => {
  const { double, log } = await world(t);
  double.faults.delayMs = 300;
  await Promise.all(Array.from({ length: 50 }, async () => await appendOne(log)));
});

test('a log that was restored from an older one is noticed', async (t) => {
  const { double, log } = await world(t);
  await appendOne(log);
  const kept = await log.head();
  await appendOne(log);
  await appendOne(log);
  const after = await log.head();
  const [last] = (await log.readAll({ after: kept, limit: 10 })).toReversed();
  double.database.restoreTo(kept);
  const followed = log.follow({ after, signal: new AbortController().signal });
  await assert.rejects(followed[Symbol.asyncIterator]().next(), LogTampered);
  assert.equal(await log.at(last!.position), undefined);
});

test('a position that no event has is another log’s', async (t) => {
  const { log } = await world(t);
  await appendOne(log);
  const between = (await log.head()) - 1n;
  await appendOne(log);
  const followed = log.follow({ after: between, signal: new AbortController().signal });
  await assert.rejects(followed[Symbol.asyncIterator]().next(), LogTampered);
  await assert.rejects(log.readAll({ after: between, limit: 10 }), LogTampered);
  assert.equal(await log.at(between), undefined);
});

test('a tenant’s few events are found among many others’, page by page', async (t) => {
  const { log } = await world(t);
  const [few, many] = [newStream(), newStream('umbra' as never)];
  for (let round = 0; round < 5; round++) {
    await log.append(many, 'any', sealing(many, ...Array.from({ length: 300 }, () => ({}))));
    await log.append(few, 'any', sealing(few, {}, {}));
  }
  const found: number[] = [];
  for (let after = 0n; ;) {
    const page = await log.readAll({ after, limit: 3, tenant: 'acme' as never });
    if (page.length === 0) break;
    found.push(...page.map(({ header }) => header.revision));
    after = page.at(-1)!.position;
  }
  assert.deepEqual(found, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('a read that is left early ends in the server too', async (t) => {
  const { double, log } = await world(t);
  for (let count = 0; count < 12; count++) {
    const stream = newStream();
    await log.append(stream, 'none', sealing(stream, { body: new Uint8Array(900_000) }));
  }
  const before = double.openReads();
  for (let count = 0; count < 20; count++) {
    assert.ok((await log.readAll({ after: 0n, limit: 100 })).length < 12);
    await log.readAll({ after: 0n, limit: 1, types: ['Noted'] });
  }
  await untilItSucceeds(async () => assert.equal(double.openReads(), before));
});

test('a server that is not there, or refuses us, is named when the log is opened', async (t) => {
  const double = await eventStoreDouble(t);
  await double.down();
  const clock = manualClock();
  const opened = openEventStore(t, { url: double.url, clock });
  const refused = assert.rejects(opened, (error: Error) => {
    assert.ok(error instanceof LogUnavailable);
    assert.match(error.message, new RegExp(`127.0.0.1:${double.port}`));
    return true;
  });
  await passing(clock, refused);
});

test('a process that has closed its log ends by itself', async (t) => {
  const { url } = await eventStoreDouble(t);
  const { finished } = startScript(t, 'test/support/eventstore/open-and-close.ts', [url]);
  assert.deepEqual(await finished, { code: 0, output: 'closed\n' });
});

async function world(t: TestContext, options: Partial<EventStoreLogOptions> = {}) {
  const double = await eventStoreDouble(t);
  return { double, log: await openEventStore(t, { url: double.url, ...options }) };
}

async function appendOne(log: EventLog): Promise<string> {
  const stream = newStream();
  await log.append(stream, 'none', sealing(stream, {}));
  return stream;
}

async function untilItSucceeds<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Lets time pass until `work` is done, a little slower than the server answers. */
async function passing(clock: ManualClock, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  const over = () => done.abort();
  work.then(over, over);
  while (!done.signal.aborted) {
    await clock.advance(100);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await work;
}
