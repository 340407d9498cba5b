import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { EventLog } from '#commands/ports.ts';
import type { RecordedEvent } from '#domain/event.ts';
import type { Database } from '#infra/postgres/database.ts';
import { postgresEventLog } from '#infra/postgres/event-log.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';
import { freshDatabase } from '#test/support/database.ts';
import { seededRandom } from '#test/support/random.ts';
import { commandId, newStream } from '#test/support/stored-event.ts';

const EVENTS = 10_000n;
const WRITERS = 8;
const KILLS = 12;

test('followers of 8 writers that roll back and are killed see every event once, in order', async (t) => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 32));
  t.diagnostic(`SEED=${seed}`);
  const random = seededRandom(seed);
  const { database, log } = await freshLog(t);
  const shared = Array.from({ length: 5 }, () => newStream());
  const acknowledged = new Set<string>();
  const writers: ChildProcess[] = [];
  const start = () => {
    const writer = run(t, 'log-writer.ts', database.url, String(random.below(2 ** 31)), ...shared);
    createInterface({ input: writer.stdout! }).on('line', (id) => {
      // What a killed process printed last may be half a line.
      if (id.length === 36) acknowledged.add(id);
    });
    writers.push(writer);
  };
  const kill = async () => {
    const [writer] = writers.splice(random.below(writers.length), 1);
    const closed = once(writer!, 'close');
    writer!.kill('SIGKILL');
    await closed;
  };
  for (let count = 0; count < WRITERS; count++) start();

  const end = new AbortController();
  const habits = [
    { limit: 2_000, lifetime: Infinity },
    { limit: 40, lifetime: Infinity },
    { limit: 100, lifetime: 5 },
  ];
  const followers = habits.map(async (habit) => await followed(log, habit, end.signal));
  // Kills are spread evenly over the events, however fast these come on this machine.
  const killed = new AbortController();
  let kills = 0;
  for await (const batch of log.follow({ after: 0n, signal: killed.signal })) {
    if (batch.at(-1)!.position < (EVENTS * BigInt(kills + 1)) / BigInt(KILLS)) continue;
    await kill();
    start();
    kills += 1;
    if (kills === KILLS) killed.abort();
  }
  while (writers.length > 0) await kill();

  // What a killed process had sent may be committed a moment after its death.
  while (await isAppending(database)) continue;
  const head = await log.head();
  assert.ok(head >= EVENTS);
  end.abort(head);
  const truth = (await everything(log)).map(({ header }) => header.id);
  assert.equal(BigInt(truth.length), head, 'gap-free');
  assert.equal(new Set(truth).size, truth.length);
  for (const seen of await Promise.all(followers)) assert.deepEqual(seen, truth);
  const stored = new Set<string>(truth);
  for (const id of acknowledged) assert.ok(stored.has(id), `${id} was acknowledged and is lost`);
  assert.ok(acknowledged.size > truth.length / 2);
});

test('the same command decided differently by two processes at once is one event', async (t) => {
  const { database, log } = await freshLog(t);
  const commands = Array.from({ length: 150 }, () => [newStream(), commandId()] as const);
  const told = commands.map(([stream, command]) => `${stream}=${command}`);
  const rivals = [1, 2].map(() => run(t, 'log-command-twice.ts', database.url, ...told));
  const lines = rivals.map((rival) => createInterface({ input: rival.stdout! }));
  await Promise.all(lines.map(async (line) => await once(line, 'line')));
  const winners: string[][] = lines.map((line) => {
    const won: string[] = [];
    line.on('line', (command) => won.push(command));
    return won;
  });
  const closed = rivals.map(async (rival) => await once(rival, 'close'));
  for (const rival of rivals) rival.stdin!.write('go\n');
  for (const [code] of await Promise.all(closed)) assert.equal(code, 0);

  assert.deepEqual(
    winners.flat().toSorted(),
    commands.map(([, command]) => command as string).toSorted(),
  );
  for (const [stream, command] of commands) {
    const events = await log.readStream(stream);
    assert.deepEqual(
      events.map(({ header }) => header.commandId),
      [command],
    );
    const winner = winners.findIndex((won) => won.includes(command));
    assert.equal(Buffer.from(events[0]!.body).toString(), `decided by ${rivals[winner]!.pid}`);
  }
  t.diagnostic(`won ${winners.map(({ length }) => length).join(' : ')}`);
});

async function freshLog(t: TestContext) {
  const database = await freshDatabase(t);
  const log = await postgresEventLog({ database, clock: systemClock, ids: systemIds });
  t.after(async () => await log.close());
  return { database, log };
}

function run(t: TestContext, script: string, ...args: string[]): ChildProcess {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

type Habit = {
  readonly limit: number;
  /** After so many batches the follower is started anew from where it was. */
  readonly lifetime: number;
};

/** Ids in the order a follower met them, up to the head that `end` is aborted with. */
async function followed(log: EventLog, habit: Habit, end: AbortSignal): Promise<string[]> {
  const ids: string[] = [];
  let after = 0n;
  const isAtEnd = () => end.aborted && after >= (end.reason as bigint);
  while (!isAtEnd()) {
    const stop = new AbortController();
    const stopAtEnd = () => {
      if (isAtEnd()) stop.abort();
    };
    end.addEventListener('abort', stopAtEnd);
    let batches = 0;
    for await (const batch of log.follow({ after, limit: habit.limit, signal: stop.signal })) {
      ids.push(...batch.map(({ header }) => header.id));
      after = batch.at(-1)!.position;
      stopAtEnd();
      if (++batches >= habit.lifetime) break;
    }
    end.removeEventListener('abort', stopAtEnd);
  }
  return ids;
}

async function everything(log: EventLog): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (;;) {
    const page = await log.readAll({ after: events.at(-1)?.position ?? 0n, limit: 1_000 });
    if (page.length === 0) return events;
    events.push(...page);
  }
}

/** True while a connection of a process that is gone may still commit something. */
async function isAppending({ pool }: Database): Promise<boolean> {
  const { rowCount } = await pool.query(
    `select from pg_stat_activity where datname = current_database()
     and pid <> pg_backend_pid() and state <> 'idle'`,
  );
  return (rowCount ?? 0) > 0;
}
