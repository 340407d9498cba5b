import type { EventLog } from '#commands/ports.ts';
import { eventStoreLog } from '#infra/eventstore/event-log.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';
import type { Answer, Opened, Question } from './remote-log.ts';

// A process of its own that reads one log for the process that started it (`remote-log.ts`).

const say = (message: Opened | Answer) => process.send?.(message);
const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

process.on('disconnect', () => process.exit(0));
try {
  const url = process.env['PALIMPSEST_REMOTE_LOG'] ?? '';
  const log = await eventStoreLog({ url, clock: systemClock, ids: systemIds });
  process.on('message', ({ id, method, options }: Question) => {
    const read = method === 'head' ? log.head() : log.readAll(options as never satisfies Options);
    read.then(
      (value) => say({ id, value }),
      (error: unknown) => say({ id, error: textOf(error) }),
    );
  });
  say({ logId: log.logId });
} catch (error) {
  say({ error: textOf(error) });
  process.disconnect();
}

type Options = Parameters<EventLog['readAll']>[0];
