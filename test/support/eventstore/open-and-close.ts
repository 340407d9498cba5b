import { eventStoreLog } from '#infra/eventstore/event-log.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';
import { newStream, sealing } from '#test/support/stored-event.ts';

// A process of its own that uses a log and closes it. Nothing else may keep it alive.
const [url = ''] = process.argv.slice(2);
const log = await eventStoreLog({ url, clock: systemClock, ids: systemIds });
const stream = newStream();
await log.append(stream, 'none', sealing(stream, {}));
await log.readAll({ after: 0n, limit: 10 });
await log.close();
console.log('closed');
