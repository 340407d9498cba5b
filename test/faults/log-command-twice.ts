// A process of its own that decides the commands it is told, with data nobody else would decide.
import { DuplicateCommand, WrongExpectedRevision } from '#commands/ports.ts';
import type { CommandId } from '#domain/ids.ts';
import type { StreamName } from '#domain/stream.ts';
import { postgresDatabase } from '#infra/postgres/database.ts';
import { postgresEventLog } from '#infra/postgres/event-log.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';
import { sealing } from '#test/support/stored-event.ts';

const [url, ...commands] = process.argv.slice(2) as [string, ...string[]];
const database = postgresDatabase({ url });
const log = await postgresEventLog({ database, clock: systemClock, ids: systemIds });

// Starts when its rival is ready as well.
process.stdout.write('ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));

async function decide(pair: string, expected: 'any' | 'none'): Promise<void> {
  const [stream, command] = pair.split('=') as [StreamName, CommandId];
  const draft = { commandId: command, body: `decided by ${process.pid}` };
  try {
    await log.append(stream, expected, sealing(stream, draft));
    process.stdout.write(`${command}\n`);
  } catch (error) {
    if (!(error instanceof DuplicateCommand || error instanceof WrongExpectedRevision)) throw error;
  }
}

// In an order of its own, so that each of the two is the first now and then.
const order = commands.toSorted(() => Math.random() - 0.5);
for (let from = 0; from < order.length; from += 25) {
  const some = order.slice(from, from + 25);
  await Promise.all(
    some.map(async (pair, index) => await decide(pair, index % 2 === 0 ? 'any' : 'none')),
  );
}
process.stdin.destroy();
await log.close();
await database.close();
