import type { Clock, EventLog, Ids } from '#commands/ports.ts';
import { appending } from '#infra/log/appending.ts';
import { patience } from '#infra/log/patience.ts';
import { tenantOrUndefined } from '#infra/tenancy/tenant-context.ts';
import { eventStoreSequencer } from './appends.ts';
import { knownStreams } from './known-streams.ts';
import { followAll } from './follow.ts';
import { openLog } from './open.ts';
import { readingAll } from './read-all.ts';
import { readingStream } from './read-stream.ts';
import { tamperWatch } from './tampering.ts';

export type EventStoreLogOptions = {
  /** `esdb://`, `esdb+discover://`, `kurrentdb://` or `kurrentdb+discover://`. */
  readonly url: string;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Told, in a sentence, what an operator should know: outages, streams that were tampered with. */
  readonly report?: (message: string) => void;
  /** How long an append may take before its caller is told `LogUnavailable`, in milliseconds. */
  readonly deadlineMs?: number;
  /** How many appends may wait before the next one is told `LogUnavailable`. */
  readonly maxWaiting?: number;
  /** How long a server that is not there yet is waited for, in milliseconds. */
  readonly openWithinMs?: number;
};

export type EventStoreLog = EventLog & { close(): Promise<void> };

/**
 * The log in EventStoreDB or KurrentDB: body as data, canonical header as metadata, the server's
 * commit position as position. Throws `BadConnectionString`, `LogUnavailable` or `LogTampered`.
 */
export async function eventStoreLog(options: EventStoreLogOptions): Promise<EventStoreLog> {
  const { clock, ids, report = () => undefined } = options;
  const { connection, reads, logId } = await openLog(options);
  const known = knownStreams();
  const tampering = await tamperWatch({ connection, reads, clock }, report);
  const head = async () => await reads.head('ours');

  const readStream = readingStream({ reads, known, tampering });

  const append = appending({
    sequencer: eventStoreSequencer({ connection, reads, known, tampering, clock }),
    within: patience(clock, {
      ms: options.deadlineMs ?? 10_000,
      most: options.maxWaiting ?? 4_096,
    }),
    readTip: async (stream) => {
      const [last] = await readStream(stream, { direction: 'backward', limit: 1 });
      return { revision: last?.header.revision ?? -1, recordedAt: last?.header.recordedAt };
    },
    clock,
    ids,
  });

  return {
    logId,
    append,
    readStream,
    readAll: readingAll({ connection, reads, clock }),
    head,
    at: async (position) => {
      const event = position > 0n ? await reads.at(position) : undefined;
      const running = tenantOrUndefined();
      return running === undefined || running === event?.header.tenant ? event : undefined;
    },
    follow: (from) => followAll({ connection, clock, ids, report, head }, from),
    close: async () => {
      const closing = tampering.close();
      await connection.close();
      await closing;
    },
  };
}
