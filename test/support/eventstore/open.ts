import type { TestContext } from 'node:test';
import {
  type EventStoreLog,
  type EventStoreLogOptions,
  eventStoreLog,
} from '#infra/eventstore/event-log.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';

/** The log at a URL, closed after the test. */
export async function openEventStore(
  t: TestContext,
  options: Partial<EventStoreLogOptions> & Pick<EventStoreLogOptions, 'url'>,
): Promise<EventStoreLog> {
  const log = await eventStoreLog({ clock: systemClock, ids: systemIds, ...options });
  t.after(async () => await log.close());
  return log;
}
