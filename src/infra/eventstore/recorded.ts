import { LogTampered } from '#commands/ports.ts';
import type { EventHeader, RecordedEvent } from '#domain/event.ts';
import { MalformedHeader, headerOf } from '#domain/header.ts';
import type { ReceivedEvent } from './client.ts';

/** A kind that only newer versions know is ours as well. */
const ours = /^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]\/[^/]+\/[^/]+$/;

/** Other applications may keep their streams beside ours; `$…` are the server's. */
export const isOurs = (stream: string): boolean => ours.test(stream);

/** An event of ours; `undefined` for everybody else's. Throws `LogTampered`. */
export function recorded(event: ReceivedEvent | undefined): RecordedEvent | undefined {
  if (event === undefined || !isOurs(event.streamId)) return undefined;
  const { streamId, revision, position, data } = event;
  const where = `${streamId} at ${revision}`;
  if (event.type.startsWith('$')) throw new LogTampered(`${streamId} was deleted for ever.`);
  if (!(data instanceof Uint8Array) || event.metadata === undefined || position === undefined)
    throw new LogTampered(`There is an event in ${where} that Palimpsest did not write.`);
  const header = headerIn(event.metadata, where);
  const same =
    header.stream === streamId &&
    BigInt(header.revision) === revision &&
    header.id === event.id &&
    header.type === event.type;
  if (!same) throw new LogTampered(`The event in ${where} was written for another place.`);
  // A copy: the client hands out windows on larger messages, which would be kept with it.
  return { header, body: new Uint8Array(data), position: position.commit };
}

function headerIn(metadata: unknown, where: string): EventHeader {
  try {
    return headerOf(metadata);
  } catch (cause) {
    if (!(cause instanceof MalformedHeader)) throw cause;
    throw new LogTampered(`The header of ${where} is no header of ours.`, { cause });
  }
}
