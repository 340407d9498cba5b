import type { EventHeader } from '#domain/event.ts';
import { partsOf } from '#domain/stream.ts';

/** The id of what the event is about: the last part of its stream's name. */
export function streamId({ stream }: Pick<EventHeader, 'stream'>): string {
  const parts = partsOf(stream);
  if (!parts) throw new Error(`${stream} is not the name of a stream.`);
  return parts.id;
}
