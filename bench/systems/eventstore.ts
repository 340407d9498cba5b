import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, binaryEvent } from '@eventstore/db-client';
import {
  type CommandId,
  type EventHeader,
  type MemberId,
  type StreamName,
  eventStoreLog,
  streamOf,
  systemClock,
  systemIds,
} from '../palimpsest.ts';
import { type System, textOf } from '../system.ts';
import { TENANT } from './palimpsest-slice.ts';

let written = 0;

/** The same event for both: what is measured is what the adapter adds, not what sealing does. */
function eventsOf(stream: StreamName, revision: number, count: number) {
  const commandId = randomUUID() as CommandId;
  return Array.from({ length: count }, (_, index) => {
    const header = {
      id: randomUUID(),
      stream,
      revision: revision + index,
      type: 'Unsealed',
      schemaVersion: 1,
      tenant: TENANT,
      actor: randomUUID() as MemberId,
      commandId,
      commandIndex: index,
      bodyHmac: '0'.repeat(64),
      causationId: commandId,
      correlationId: commandId,
      recordedAt: new Date().toISOString(),
    } as unknown as EventHeader;
    return { header, body: Buffer.from(textOf(written++)) };
  });
}

/** All systems are on one server. */
const nameOf = (system: string, stream: string): StreamName =>
  streamOf(TENANT, 'document', `${system}-${stream}`);

/** What `@eventstore/db-client` reaches: at exact revisions, without any check of ours. */
export async function eventStoreClient(url: string): Promise<System> {
  const client = EventStoreDBClient.connectionString(url);
  const revisions = new Map<string, number>();
  const append = async (stream: string, count: number) => {
    const before = revisions.get(stream) ?? -1;
    const name = nameOf('client', stream);
    const events = eventsOf(name, before + 1, count).map(({ header, body }) =>
      binaryEvent({
        id: header.id,
        type: header.type,
        data: body,
        metadata: new Uint8Array(Buffer.from(JSON.stringify(header))),
      }),
    );
    const expectedRevision = before < 0 ? ('no_stream' as const) : BigInt(before);
    const answer = await client.appendToStream(name, events, { expectedRevision });
    revisions.set(stream, Number(answer.nextExpectedRevision));
  };
  return {
    name: 'client',
    append,
    fill: append,
    load: async (stream) => {
      let count = 0;
      for await (const { event } of client.readStream(nameOf('client', stream))) if (event) count++;
      return count;
    },
    close: async () => await client.dispose(),
  };
}

/** The same events through the adapter. */
export async function eventStoreAdapter(url: string): Promise<System> {
  const log = await eventStoreLog({ url, clock: systemClock, ids: systemIds });
  const revisions = new Map<string, number>();
  const append = async (stream: string, count: number) => {
    const name = nameOf('adapter', stream);
    const before = revisions.get(stream);
    const { revision } = await log.append(name, before ?? 'none', (place) =>
      eventsOf(name, place.revision, count),
    );
    revisions.set(stream, revision);
  };
  return {
    name: 'adapter',
    append,
    fill: append,
    load: async (stream) => (await log.readStream(nameOf('adapter', stream))).length,
    close: async () => await log.close(),
  };
}
