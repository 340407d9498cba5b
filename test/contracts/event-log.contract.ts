import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  AppendTooLarge,
  type Appended,
  DuplicateCommand,
  type EventLog,
  type Expected,
  LogTampered,
  MAX_APPEND_BYTES,
  WrongExpectedRevision,
} from '#commands/ports.ts';
import type { RecordedEvent } from '#domain/event.ts';
import { TenantId } from '#domain/ids.ts';
import type { StreamName } from '#domain/stream.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import { acme, commandId, newStream, sealing, storedEvent } from '#test/support/stored-event.ts';

export type LogUnderTest = {
  readonly log: EventLog;
  /** The same log as another process would open it. */
  readonly reopen: () => Promise<EventLog>;
};

const WRITERS = 50;
const REVISION_OF_PRESENT = 2;

type Outcome = 'all succeed' | 'one succeeds' | 'none succeeds';

// What must come of `expected` × the stream's state, whether one writer tries or fifty at once.
// "Present" is a stream of three events, at revision 2.
const matrix: readonly [Expected, 'absent' | 'present', Outcome][] = [
  ['any', 'absent', 'all succeed'],
  ['any', 'present', 'all succeed'],
  ['exists', 'absent', 'none succeeds'],
  ['exists', 'present', 'all succeed'],
  ['none', 'absent', 'one succeeds'],
  ['none', 'present', 'none succeeds'],
  [REVISION_OF_PRESENT, 'present', 'one succeeds'],
  [REVISION_OF_PRESENT - 1, 'present', 'none succeeds'],
  [REVISION_OF_PRESENT + 1, 'present', 'none succeeds'],
  [1_000_000, 'present', 'none succeeds'],
  [0, 'absent', 'none succeeds'],
];

/**
 * What every event log must do. Positions are opaque: they grow, and nothing else is assumed. The
 * log may hold other events, so each test uses streams and tenants of its own.
 */
export function eventLogContract(
  adapter: string,
  open: (t: TestContext) => Promise<LogUnderTest>,
): void {
  test(`${adapter} is an event log`, async (t) => {
    const { log, reopen } = await open(t);
    const other = await reopen();

    for (const [expected, state, outcome] of matrix) {
      for (const writers of [1, WRITERS]) {
        await t.test(
          `expected ${expected}, stream ${state}, ${writers} at once: ${outcome}`,
          async () => {
            const stream = newStream();
            if (state === 'present') await log.append(stream, 'none', sealing(stream, {}, {}, {}));
            const before = state === 'present' ? REVISION_OF_PRESENT : -1;

            const results = await Promise.allSettled(
              Array.from({ length: writers }, async (_, index) => {
                const process = index % 2 === 0 ? log : other;
                return await process.append(stream, expected, sealing(stream, { type: 'Tried' }));
              }),
            );

            const appended = results.filter((result) => result.status === 'fulfilled');
            const refused = results.filter((result) => result.status === 'rejected');
            const wins = { 'all succeed': writers, 'one succeeds': 1, 'none succeeds': 0 }[outcome];
            assert.equal(appended.length, wins, String(refused[0]?.reason));
            const revisions = appended.map(({ value }) => value.revision).toSorted((a, b) => a - b);
            assert.deepEqual(
              revisions,
              Array.from({ length: wins }, (_, index) => before + 1 + index),
            );
            for (const { reason } of refused) {
              assert.ok(reason instanceof WrongExpectedRevision, String(reason));
              assert.equal(reason.expected, expected);
              assert.equal(reason.actual, before + wins);
            }
            const events = await log.readStream(stream);
            assert.equal(events.length, before + 1 + wins);
          },
        );
      }
    }

    await t.test('a revision is a whole number from 0 on', async () => {
      const stream = newStream();
      for (const expected of [-1, 0.5, Number.NaN, Infinity])
        await assert.rejects(log.append(stream, expected, sealing(stream, {})), RangeError);
    });

    await t.test('a bad append among good ones fails alone', async () => {
      const good = Array.from({ length: 60 }, () => newStream());
      const failing = newStream();
      const appendOne = async (stream: StreamName) =>
        await log.append(stream, 'none', sealing(stream, {}));
      const refused = async (
        append: ReturnType<EventLog['append']>,
        error: new (...args: never[]) => Error,
      ) => await assert.rejects(append, error);
      await Promise.all([
        ...good.slice(0, 30).map(async (stream) => await appendOne(stream)),
        refused(log.append(failing, 7, sealing(failing, {})), WrongExpectedRevision),
        refused(log.append(newStream(), 'any', throwing), SyntaxError),
        refused(log.append(newStream(), 'none', sealing(newStream(), {})), TypeError),
        refused(log.append(failing, 'any', sealing(failing, { body: tooLarge })), AppendTooLarge),
        refused(log.append(failing, 'none', sealing(failing, { type: 'nul \0' })), TypeError),
        refused(log.append(failing, 'none', sealing(failing, { type: 'half \ud83d' })), Error),
        refused(
          log.append(failing, 'none', () => []),
          TypeError,
        ),
        ...good.slice(30).map(async (stream) => await appendOne(stream)),
      ]);
      for (const stream of good) assert.equal((await log.readStream(stream)).length, 1);
      assert.deepEqual(await log.readStream(failing), []);
    });

    await t.test('events sealed for another place are refused', async () => {
      const stream = newStream();
      await log.append(stream, 'none', sealing(stream, {}, {}));
      const seal = (revision: number) => () => [
        storedEvent(stream, { revision, notBefore: undefined }),
      ];
      await assert.rejects(log.append(stream, 1, seal(1)), TypeError);
      await assert.rejects(log.append(stream, 1, seal(3)), TypeError);
      await assert.rejects(
        log.append(stream, 1, (place) => [
          ...sealing(stream, {})(place),
          ...sealing(stream, {})(place),
        ]),
        TypeError,
      );
      await log.append(stream, 1, seal(2));
      assert.equal((await log.readStream(stream)).length, 3);
    });

    await t.test('a name that is none of a stream is refused', async () => {
      for (const name of [
        '',
        'acme',
        'acme/document',
        'acme/document/',
        'a b/document/1',
        '/x/1',
      ]) {
        const stream = name as StreamName;
        await assert.rejects(
          log.append(stream, 'any', () => []),
          TypeError,
        );
        await assert.rejects(log.readStream(stream), TypeError);
      }
    });

    await t.test('the same events again are answered as the first time', async () => {
      const stream = newStream();
      const seal = sealing(
        stream,
        { recordedAt: '2026-01-01T00:00:00.000Z' },
        { recordedAt: '2026-01-01T00:00:00.000Z' },
      );
      const first = await log.append(stream, 'none', seal);
      await log.append(stream, 1, sealing(stream, {}));
      assert.deepEqual(await log.append(stream, 'none', seal), first);
      assert.deepEqual(await other.append(stream, 'none', seal), first);
      assert.equal((await log.readStream(stream)).length, 3);
    });

    await t.test('a second outcome of a command is refused, wherever it would stand', async () => {
      const stream = newStream();
      const command = commandId();
      await log.append(stream, 'none', sealing(stream, { commandId: command, body: 'first' }));
      const second = sealing(stream, { commandId: command, body: 'second' });
      const longer = sealing(stream, { commandId: command, body: 'first' }, { body: 'more' });
      for (const expected of ['any', 'none', 'exists', 0, 4] as const)
        await assert.rejects(log.append(stream, expected, second), DuplicateCommand);
      await assert.rejects(log.append(stream, 'none', longer), DuplicateCommand);
      const [event, ...none] = await log.readStream(stream);
      assert.equal(Buffer.from(event!.body).toString(), 'first');
      assert.equal(none.length, 0);
    });

    await t.test('a command that two processes decide at once is one event', async () => {
      for (let round = 0; round < 20; round++) {
        const stream = newStream();
        const command = commandId();
        const results = await Promise.allSettled(
          [log, other, log, other].map(
            async (process, index) =>
              await process.append(
                stream,
                index < 2 ? 'any' : 'none',
                sealing(stream, { commandId: command, body: `decision ${index}` }),
              ),
          ),
        );
        assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
        assert.equal((await log.readStream(stream)).length, 1);
      }
    });

    await t.test('a command may be several appends, its events counted on', async () => {
      const stream = newStream();
      const command = commandId();
      const part = (commandIndex: number) =>
        sealing(stream, { commandId: command, commandIndex, body: `part ${commandIndex}` });
      await log.append(stream, 'none', part(0));
      await log.append(stream, 0, part(1));
      await assert.rejects(
        log.append(stream, 1, sealing(stream, { commandId: command, commandIndex: 1 })),
        DuplicateCommand,
      );
      assert.equal((await log.readStream(stream)).length, 2);
    });

    await t.test('the same command in two streams is two events', async () => {
      const command = commandId();
      for (const stream of [newStream(), newStream()])
        await log.append(stream, 'none', sealing(stream, { commandId: command }));
    });

    await t.test('what comes back is what was appended, byte for byte', async () => {
      const stream = newStream();
      const body = Uint8Array.from({ length: 256 }, (_, index) => index);
      const drafts = [{ body, type: 'Größe – 尺寸 🦋 "\\' }, { body: '' }];
      const sealed = sealing(stream, ...drafts)({ revision: 0, notBefore: undefined });
      const { revision, position } = await log.append(stream, 'none', () => sealed);
      assert.equal(revision, 1);
      const events = await other.readStream(stream);
      assert.deepEqual(
        events.map(({ header, body }) => ({ header, body: Buffer.from(body) })),
        sealed.map(({ header, body }) => ({ header, body: Buffer.from(body) })),
      );
      assert.equal(events[1]!.position, position);
      assert.deepEqual(await other.at(position), events[1]);
    });

    await t.test('time never runs backwards in a stream, whatever the clocks say', async () => {
      const stream = newStream();
      const future = '2999-12-31T23:59:59.999Z';
      await other.append(stream, 'none', sealing(stream, { recordedAt: future }));
      await log.append(stream, 0, sealing(stream, {}));
      await log.append(stream, 'any', sealing(stream, {}));
      const events = await log.readStream(stream);
      assert.deepEqual(
        events.map(({ header }) => header.recordedAt),
        [future, future, future],
      );
      const stubborn = sealing(stream, { recordedAt: '2026-01-01T00:00:00.000Z' });
      await assert.rejects(log.append(stream, 2, stubborn), TypeError);
      for (const recordedAt of ['2999-12-31', '2999-12-31T23:59:59Z', 'tomorrow'])
        await assert.rejects(log.append(stream, 2, sealing(stream, { recordedAt })), TypeError);
    });

    await t.test(
      'an append of more than 1,000,000 bytes is refused, one below is taken',
      async () => {
        const stream = newStream();
        await assert.rejects(
          log.append(stream, 'none', sealing(stream, { body: tooLarge })),
          (error) => error instanceof AppendTooLarge && error.bytes > MAX_APPEND_BYTES,
        );
        const half = new Uint8Array(MAX_APPEND_BYTES / 2);
        await assert.rejects(
          log.append(stream, 'none', sealing(stream, { body: half }, { body: half })),
          AppendTooLarge,
        );
        const fits = new Uint8Array(MAX_APPEND_BYTES - 2_000).fill(255);
        await log.append(stream, 'none', sealing(stream, { body: fits }));
        const [event] = await log.readStream(stream);
        assert.equal(Buffer.compare(event!.body, fits), 0);
      },
    );

    await t.test('a stream is read in both directions, from anywhere, in pages', async () => {
      const stream = newStream();
      await log.append(stream, 'none', sealing(stream, ...Array.from({ length: 10 }, () => ({}))));
      const revisions = async (options: Parameters<EventLog['readStream']>[1]) =>
        (await log.readStream(stream, options)).map(({ header }) => header.revision);
      assert.deepEqual(await revisions({}), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      assert.deepEqual(await revisions({ from: 7 }), [7, 8, 9]);
      assert.deepEqual(await revisions({ from: 2, limit: 3 }), [2, 3, 4]);
      assert.deepEqual(await revisions({ from: 10 }), []);
      assert.deepEqual(await revisions({ limit: 2 }), [0, 1]);
      assert.deepEqual(await revisions({ direction: 'backward', limit: 2 }), [9, 8]);
      assert.deepEqual(await revisions({ direction: 'backward', from: 3 }), [3, 2, 1, 0]);
      assert.deepEqual(await revisions({ direction: 'backward', from: 5, limit: 2 }), [5, 4]);
      assert.deepEqual(await revisions({ direction: 'backward', from: 99, limit: 1 }), [9]);
      assert.deepEqual(await log.readStream(newStream()), []);
      assert.deepEqual(await log.readStream(newStream(), { direction: 'backward' }), []);
    });

    await t.test('all events are read in commit order, filtered by tenant and type', async () => {
      const after = await log.head();
      const [one, two] = ['filters', 'filters-2'].map((name) => TenantId.parse(name));
      const streams = [newStream(one), newStream(two), newStream(one), newStream()];
      const appended: Appended[] = [];
      for (const [index, stream] of streams.entries()) {
        const types = [{ type: 'A' }, { type: `B${index}` }];
        appended.push(await log.append(stream, 'none', sealing(stream, ...types)));
      }
      const read = async (options: Partial<Parameters<EventLog['readAll']>[0]>) =>
        (await log.readAll({ after, limit: 100, ...options })).map(short);

      const all = ['0 A', '0 B0', '1 A', '1 B1', '2 A', '2 B2', '3 A', '3 B3'];
      const short = ({ header }: RecordedEvent) =>
        `${streams.indexOf(header.stream)} ${header.type}`;
      assert.deepEqual(await read({}), all);
      assert.deepEqual(await read({ tenant: one! }), ['0 A', '0 B0', '2 A', '2 B2']);
      assert.deepEqual(await read({ tenant: two! }), ['1 A', '1 B1']);
      assert.deepEqual(await read({ types: ['A'] }), ['0 A', '1 A', '2 A', '3 A']);
      assert.deepEqual(await read({ types: ['B2', 'B1', 'C'] }), ['1 B1', '2 B2']);
      assert.deepEqual(await read({ types: [] }), []);
      assert.deepEqual(await read({ tenant: one!, types: ['A'] }), ['0 A', '2 A']);
      assert.deepEqual(await read({ tenant: TenantId.parse('filters-absent') }), []);
      assert.deepEqual(await read({ limit: 3 }), all.slice(0, 3));
      assert.deepEqual(await read({ tenant: one!, limit: 3 }), ['0 A', '0 B0', '2 A']);
      assert.deepEqual(await read({ upTo: appended[1]!.position }), all.slice(0, 4));
      assert.deepEqual(await read({ after: appended[0]!.position }), all.slice(2));
      assert.deepEqual(
        await read({ after: appended[0]!.position, upTo: appended[0]!.position }),
        [],
      );
      assert.deepEqual(await read({ after: await log.head() }), []);
    });

    await t.test('the head is the position of the newest event', async () => {
      const stream = newStream();
      const { position } = await log.append(stream, 'none', sealing(stream, {}, {}));
      assert.equal(await log.head(), position);
      assert.equal(await other.head(), position);
      assert.equal(await log.at(position + 1_000_000n), undefined);
      assert.equal(await log.at(0n), undefined);
    });

    await t.test('a log keeps its id', async () => {
      assert.equal(other.logId, log.logId);
      assert.equal((await reopen()).logId, log.logId);
    });

    await t.test('a request reaches no other tenant, and never the whole log', async () => {
      const [own, foreign] = [newStream(), newStream(TenantId.parse('evil'))];
      const mine = await log.append(own, 'none', sealing(own, {}));
      const theirs = await log.append(foreign, 'none', sealing(foreign, {}));
      await runAsTenant(acme, async () => {
        await assert.rejects(log.readStream(foreign), /evil/);
        await assert.rejects(log.append(foreign, 'any', sealing(foreign, {})), /evil/);
        await assert.rejects(log.readAll({ after: 0n, limit: 1 }), /all tenants/);
        await assert.rejects(log.readAll({ after: 0n, limit: 1, tenant: TenantId.parse('evil') }));
        assert.equal(await log.at(theirs.position), undefined);
        assert.equal((await log.at(mine.position))!.header.stream, own);
        assert.equal((await log.readStream(own)).length, 1);
        await log.append(own, 0, sealing(own, {}));
      });
      assert.equal((await log.readStream(foreign)).length, 1);
    });

    await followContract(t, log, reopen);
  });
}

async function followContract(t: TestContext, log: EventLog, reopen: () => Promise<EventLog>) {
  await t.test('a follower sees what is there and what comes, once, in order', async () => {
    const after = await log.head();
    const stream = newStream();
    await log.append(stream, 'none', sealing(stream, {}, {}, {}));
    const seen = collect(log, { after, count: 40 });
    for (let revision = 2; revision < 39; revision++)
      await log.append(stream, revision, sealing(stream, {}));
    assert.deepEqual(
      (await seen).map(({ header }) => header.revision),
      Array.from({ length: 40 }, (_, index) => index),
    );
  });

  await t.test('a follower goes on across a restart from where it stopped', async () => {
    const after = await log.head();
    const stream = newStream();
    await log.append(stream, 'none', sealing(stream, ...Array.from({ length: 25 }, () => ({}))));
    let position = after;
    const seen: RecordedEvent[] = [];
    for (let restart = 0; restart < 5; restart++) {
      const process = await reopen();
      // It may have been handed a few more at once, which it did not get to.
      const part = (await collect(process, { after: position, count: 5, limit: 5 })).slice(0, 5);
      seen.push(...part);
      position = part.at(-1)!.position;
    }
    assert.deepEqual(seen, await log.readStream(stream));
  });

  await t.test('a follower stops when it is told to, even while it waits', async () => {
    const stop = new AbortController();
    const following = log.follow({ after: await log.head(), signal: stop.signal });
    const batches = following[Symbol.asyncIterator]();
    const waiting = batches.next();
    stop.abort();
    assert.deepEqual(await waiting, { done: true, value: undefined });
    const late = log.follow({ after: 0n, signal: stop.signal })[Symbol.asyncIterator]();
    assert.deepEqual(await late.next(), { done: true, value: undefined });
  });

  await t.test('a follower holds one batch at a time, however slow its reader is', async () => {
    const after = await log.head();
    const stream = newStream();
    await log.append(stream, 'none', sealing(stream, ...Array.from({ length: 10 }, () => ({}))));
    const stop = new AbortController();
    const sizes: number[] = [];
    const revisions: number[] = [];
    for await (const batch of log.follow({ after, signal: stop.signal, limit: 4 })) {
      sizes.push(batch.length);
      revisions.push(...batch.map(({ header }) => header.revision));
      // Comes after the batch was taken, so it can only be in a later one.
      if (revisions.length < 12) await log.append(stream, 'any', sealing(stream, {}));
      else stop.abort();
    }
    assert.ok(
      sizes.every((size) => size <= 4),
      `batches of ${sizes.join(', ')}`,
    );
    assert.deepEqual(
      revisions,
      Array.from({ length: revisions.length }, (_, index) => index),
    );
  });

  await t.test('several followers see the same', async () => {
    const after = await log.head();
    const stream = newStream();
    const followers = [1, 3, 100].map(
      async (limit) => await collect(log, { after, count: 30, limit }),
    );
    await Promise.all(
      Array.from({ length: 30 }, async () => await log.append(stream, 'any', sealing(stream, {}))),
    );
    const events = await log.readStream(stream);
    for (const seen of await Promise.all(followers)) assert.deepEqual(seen, events);
  });

  await t.test('a follower from beyond the head is told that this is not its log', async () => {
    const after = (await log.head()) + 1_000_000n;
    await assert.rejects(collect(log, { after, count: 1 }), LogTampered);
  });
}

async function collect(
  log: EventLog,
  { after, count, limit }: { after: bigint; count: number; limit?: number },
): Promise<RecordedEvent[]> {
  const stop = new AbortController();
  const seen: RecordedEvent[] = [];
  const from = { after, signal: stop.signal, ...(limit === undefined ? {} : { limit }) };
  for await (const batch of log.follow(from)) {
    seen.push(...batch);
    if (seen.length >= count) stop.abort();
  }
  return seen;
}

const tooLarge = new Uint8Array(MAX_APPEND_BYTES);

const throwing = (): never => {
  throw new SyntaxError('the sealer failed');
};
