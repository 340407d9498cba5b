// A process of its own that appends until it is killed, as roughly as the real world does: several
// appends in flight, transactions that are held open for a while and then committed or rolled back,
// expectations that are wrong. Prints the ids of acknowledged events.
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { WrongExpectedRevision } from '#commands/ports.ts';
import type { StoredEvent } from '#domain/event.ts';
import type { StreamName } from '#domain/stream.ts';
import { checkedAppend } from '#infra/log/checked-append.ts';
import { postgresDatabase } from '#infra/postgres/database.ts';
import { postgresEventLog } from '#infra/postgres/event-log.ts';
import { APPEND, batchParameters } from '#infra/postgres/event-log/batch.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';
import { seededRandom } from '#test/support/random.ts';
import { newStream, sealing } from '#test/support/stored-event.ts';

const [url, seed, ...shared] = process.argv.slice(2) as [string, string, ...StreamName[]];
const random = seededRandom(Number(seed));
const database = postgresDatabase({ url });
const log = await postgresEventLog({ database, clock: systemClock, ids: systemIds });

const drafts = () => Array.from({ length: 1 + random.below(12) }, () => ({}));
const acknowledge = (events: readonly StoredEvent[]) =>
  process.stdout.write(events.map(({ header }) => `${header.id}\n`).join(''));

async function throughTheLog(): Promise<void> {
  for (;;) {
    const isShared = random.below(2) === 0;
    const stream = isShared ? shared[random.below(shared.length)]! : newStream();
    const seal = sealing(stream, ...drafts());
    const sealed: StoredEvent[] = [];
    const expected = (['any', 'any', 'any', 'none', 3] as const)[random.below(5)]!;
    try {
      await log.append(stream, expected, (place) => {
        sealed.splice(0, sealed.length, ...seal(place));
        return sealed;
      });
      acknowledge(sealed);
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
    }
    await pause(random.below(8));
  }
}

/** Holds its transaction open before it decides: numbers given out before that would leave gaps. */
async function inASlowTransaction(): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  for (;;) {
    const stream = newStream();
    const place = { revision: 0, notBefore: undefined };
    const events = sealing(stream, ...drafts())(place);
    await client.query('begin');
    await client.query(APPEND, batchParameters([checkedAppend(stream, place, events)]));
    await pause(random.below(6));
    const commits = random.below(2) === 0;
    await client.query(commits ? 'commit' : 'rollback');
    if (commits) acknowledge(events);
    await pause(random.below(40));
  }
}

await Promise.all([throughTheLog(), throughTheLog(), throughTheLog(), inASlowTransaction()]);
