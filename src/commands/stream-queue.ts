import type { StreamName } from '#domain/stream.ts';
import { CommandContended } from './ports.ts';

const MAX_WAITING_PER_STREAM = 512;
const MAX_WAITING = 8_192;

export type StreamQueue = <T>(stream: StreamName, work: () => Promise<T>) => Promise<T>;

/**
 * Lets one piece of work at a time into a stream, in order of arrival, so that conflicts can come
 * from other processes only. Bounded: a stream that falls behind refuses instead of filling memory.
 */
export function streamQueue(): StreamQueue {
  const lines = new Map<StreamName, { last: Promise<unknown>; waiting: number }>();
  let waiting = 0;

  return async (stream, work) => {
    const line = lines.get(stream) ?? { last: Promise.resolve(), waiting: 0 };
    if (line.waiting >= MAX_WAITING_PER_STREAM || waiting >= MAX_WAITING) {
      throw new CommandContended(stream);
    }
    lines.set(stream, line);
    line.waiting++;
    waiting++;
    const turn = line.last.then(work);
    line.last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      waiting--;
      if (--line.waiting === 0) lines.delete(stream);
    }
  };
}
