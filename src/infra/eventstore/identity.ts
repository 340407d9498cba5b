import { LogTampered } from '#commands/ports.ts';
import type { Connection } from './connection.ts';
import { failureOf } from './failure.ts';
import type { EventStoreReads } from './reads.ts';

/** The name is none that a tenant's stream can have. */
const STREAM = 'palimpsest-log';

/**
 * What tells this log from every other: written once, by whoever opens it first. A copy or a
 * restored backup keeps it; a new log has another.
 */
export async function identityOf(
  connection: Connection,
  reads: EventStoreReads,
  uuid: () => string,
): Promise<string> {
  const known = await reads.newest(STREAM);
  if (known !== undefined) return logIdIn(known);
  const logId = uuid();
  const event = {
    id: uuid(),
    type: 'LogOpened',
    data: Buffer.from(JSON.stringify({ logId })),
    metadata: new Uint8Array(),
  };
  try {
    await connection.call(async (client) => await client.append(STREAM, 'no_stream', [event]));
  } catch (error) {
    // Another process was faster, or this one was and does not know.
    if (!['wrong-revision', 'unknown'].includes(failureOf(error))) throw error;
  }
  return logIdIn(await reads.newest(STREAM));
}

function logIdIn(data: unknown): string {
  const text = data instanceof Uint8Array ? Buffer.from(data).toString() : '';
  const logId = /^\{"logId":"([0-9a-f-]{36})"\}$/.exec(text)?.[1];
  if (logId === undefined) throw new LogTampered(`${STREAM} does not say which log this is.`);
  return logId;
}
