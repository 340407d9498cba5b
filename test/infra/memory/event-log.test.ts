import { memoryEventLog } from '#infra/memory/event-log.ts';
import { systemClock } from '#infra/system/clock.ts';
import { eventLogContract } from '#test/contracts/event-log.contract.ts';

eventLogContract('memory', async () => {
  const log = memoryEventLog({ clock: systemClock });
  return { log, reopen: async () => log };
});
