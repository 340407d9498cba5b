import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { EventLog } from '#commands/ports.ts';
import type { RecordedEvent } from '#domain/event.ts';
import { canonicalHeader } from '#domain/header.ts';
import { TenantId } from '#domain/ids.ts';
import { LogsDiffer } from '#infra/log/compare-logs.ts';
import { CopyRefused, copyLog, verifyCopy } from '#infra/log/copy-log.ts';
import { remoteLog } from '#infra/log/remote-log.ts';
import { memoryEventLog } from '#infra/memory/event-log.ts';
import { postgresEventLog } from '#infra/postgres/event-log.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';
import { freshDatabase } from '#test/support/database.ts';
import { openEventStore } from '#test/support/eventstore/open.ts';
import { eventStoreProcess } from '#test/support/eventstore/process.ts';
import { eventStoreDouble } from '#test/support/eventstore/server.ts';
import { seededRandom } from '#test/support/random.ts';
import { newStream, sealing } from '#test/support/stored-event.ts';

/** The long form: COPY_EVENTS=100000, and a real server in EVENTSTORE_TEST_URL. */
const EVENTS = Number(process.env['COPY_EVENTS'] ?? 3_000);
const minutes = { timeout: 900_000 };
const silent = { compared: () => undefined, copied: () => undefined };

const tenants = ['acme', 'umbra', 'nimbus', 'zeta-4'].map((name) => TenantId.parse(name));

test(
  `${EVENTS} events go from Postgres to EventStoreDB and back: the same ids, bytes and order of each tenant`,
  minutes,
  async (t) => {
    const original = await postgres(t);
    await fill(original, EVENTS);
    const middle = await eventStore(t);
    const back = await postgres(t);
    const began = performance.now();
    const there = await copyLog(original, middle, silent);
    const half = performance.now();
    const again = await copyLog(middle, back, silent);
    const rates = [half - began, performance.now() - half].map((ms) =>
      Math.round(there.events / (ms / 1_000)),
    );
    t.diagnostic(
      `${there.events} events; ${rates[0]} a second there, ${rates[1]} back, compared twice each`,
    );
    assert.equal(again.events, there.events);
    for (const tenant of tenants)
      assert.deepEqual(await stored(back, tenant), await stored(original, tenant));
  },
);

test('a copy goes on where it stopped, and takes in what was added since', async (t) => {
  const original = memoryEventLog({ clock: systemClock });
  await fill(original, 500);
  const target = await eventStore(t);
  for (const limit of [1, 20, 7, 40]) {
    const broken = breaking(target, limit);
    await assert.rejects(copyLog(original, broken, silent), /pulled the plug/);
  }
  const first = await copyLog(original, target, silent);
  assert.ok(first.copied < first.events);
  await fill(original, 50);
  const second = await copyLog(original, target, silent);
  assert.equal(second.copied, second.events - first.events);
  assert.equal((await copyLog(original, target, silent)).copied, 0);
  for (const tenant of tenants)
    assert.deepEqual(await stored(target, tenant), await stored(original, tenant));
});

test('what differs is named, and nothing is written to what is no copy', async (t) => {
  const original = memoryEventLog({ clock: systemClock });
  await fill(original, 30);
  await assert.rejects(copyLog(original, original, silent), CopyRefused);

  const other = await postgres(t);
  const stream = newStream();
  await other.append(stream, 'none', sealing(stream, {}));
  await assert.rejects(copyLog(original, other, silent), (error: Error) => {
    assert.ok(error instanceof LogsDiffer);
    assert.ok(error.message.includes(stream));
    return true;
  });
  assert.equal((await other.readAll({ after: 0n, limit: 10 })).length, 1);

  const copy = await postgres(t);
  await copyLog(original, copy, silent);
  const altered = altering(original, 17);
  await assert.rejects(copyLog(altered, copy, silent), /the body of .* is another/);
  await assert.rejects(
    verifyCopy(copy, other, await copy.head(), () => undefined),
    LogsDiffer,
  );
  const empty = memoryEventLog({ clock: systemClock });
  await assert.rejects(
    verifyCopy(original, empty, 30n, () => undefined),
    CopyRefused,
  );
  await assert.rejects(copyLog(empty, copy, silent), LogsDiffer);
});

test(
  'a log in EventStoreDB is read by a process of its own, for the sake of the other’s client',
  minutes,
  async (t) => {
    const url = await eventStoreProcess(t);
    const log = await openEventStore(t, { url });
    await fill(log, 300);
    const remote = await remoteLog(url);
    t.after(async () => await remote.close());
    assert.equal(remote.logId, log.logId);
    const target = await eventStore(t);
    const { copied } = await copyLog(remote, target, silent);
    assert.equal(copied, (await verifyCopy(log, target, await log.head(), () => undefined)).events);
    await assert.rejects(remoteLog('esdb://127.0.0.1:9?tls=false&x=1'), /option/);
  },
);

/** Streams of several tenants: commands of one event and of many, in parts, small and large. */
async function fill(log: EventLog, events: number): Promise<void> {
  const random = seededRandom(events);
  const streams = Array.from({ length: 24 }, (_, index) => newStream(tenants[index % 4]));
  for (let count = 0; count < events;) {
    const stream = streams[random.below(streams.length)]!;
    const size = random.next() < 0.9 ? 1 : 1 + random.below(60);
    const large = random.next() < 0.002 ? { body: new Uint8Array(700_000).fill(count) } : {};
    await log.append(
      stream,
      'any',
      sealing(
        stream,
        { body: `event ${count}`, ...large },
        ...Array.from({ length: size - 1 }, () => ({})),
      ),
    );
    count += size;
  }
}

const stored = async (log: EventLog, tenant: TenantId): Promise<readonly string[]> => {
  const lines: string[] = [];
  for (let after = 0n; ;) {
    const page = await log.readAll({ after, tenant, limit: 1_000 });
    if (page.length === 0) return lines;
    for (const { header, body } of page)
      lines.push(
        `${canonicalHeader(header)} ${Buffer.from(body).toString('base64').slice(0, 100)}`,
      );
    after = page.at(-1)!.position;
  }
};

async function postgres(t: TestContext): Promise<EventLog> {
  const logs: { close(): Promise<void> }[] = [];
  // Before the database that it needs.
  t.after(async () => await Promise.all(logs.map((log) => log.close())));
  const database = await freshDatabase(t);
  const log = await postgresEventLog({ database, clock: systemClock, ids: systemIds });
  logs.push(log);
  return log;
}

async function eventStore(t: TestContext): Promise<EventLog> {
  const url = process.env['EVENTSTORE_TEST_URL'] ?? (await eventStoreDouble(t)).url;
  return await openEventStore(t, { url });
}

/** Takes so many appends, and then no more. */
const breaking = (log: EventLog, limit: number): EventLog => {
  let appends = 0;
  return {
    ...log,
    append: async (...append) => {
      if ((appends += 1) > limit) throw new Error('somebody pulled the plug');
      return await log.append(...append);
    },
  };
};

/** As if somebody had changed a byte of one body. */
const altering = (log: EventLog, position: number): EventLog => ({
  ...log,
  logId: systemIds.uuid(),
  readAll: async (options) =>
    (await log.readAll(options)).map((event) =>
      event.position === BigInt(position) ? changed(event) : event,
    ),
});

const changed = (event: RecordedEvent): RecordedEvent => {
  const body = Uint8Array.from(event.body);
  body[0] = (body[0] ?? 0) ^ 1;
  return { ...event, body };
};
