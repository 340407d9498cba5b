import { type TestContext, test } from 'node:test';
import { eventLogContract } from '#test/contracts/event-log.contract.ts';
import { openEventStore } from '#test/support/eventstore/open.ts';
import { eventStoreProcess } from '#test/support/eventstore/process.ts';

/** The same server through the other client. */
const opened = async (t: TestContext, url: string) => {
  const open = async () => await openEventStore(t, { url: url.replace(/^esdb/, 'kurrentdb') });
  return { log: await open(), reopen: open };
};

eventLogContract('the double, through the client of KurrentDB,', async (t) =>
  opened(t, await eventStoreProcess(t)),
);

const real = process.env['EVENTSTORE_TEST_URL'];
if (real === undefined)
  test('a real server, through the client of KurrentDB', {
    skip: 'EVENTSTORE_TEST_URL names none',
  });
else
  eventLogContract('a real server, through the client of KurrentDB,', async (t) => opened(t, real));
