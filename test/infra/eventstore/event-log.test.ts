import { type TestContext, test } from 'node:test';
import { eventLogContract } from '#test/contracts/event-log.contract.ts';
import { eventStoreDouble } from '#test/support/eventstore/server.ts';
import { openEventStore } from '#test/support/eventstore/open.ts';

const opened = (url: string) => async (t: TestContext) => {
  const open = async () => await openEventStore(t, { url });
  return { log: await open(), reopen: open };
};

eventLogContract('EventStoreDB’s protocol, spoken by the double,', async (t) => {
  const { url } = await eventStoreDouble(t);
  return await opened(url)(t);
});

// A real server, e.g. esdb://127.0.0.1:2113?tls=false.
const real = process.env['EVENTSTORE_TEST_URL'];
if (real === undefined) test('a real EventStoreDB', { skip: 'EVENTSTORE_TEST_URL names none' });
else eventLogContract('a real EventStoreDB', opened(real));
