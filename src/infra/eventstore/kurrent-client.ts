import {
  type Connect,
  type Reading,
  type Resolved,
  binary,
  directionOf,
  filterOf,
  positionOf,
} from './client.ts';

/** `kurrentdb://` through `@kurrent/kurrentdb-client`, an optional dependency: its reads are native code. */
export const connectKurrent: Connect = async (url) => {
  const { KurrentDBClient } = await import('@kurrent/kurrentdb-client');
  const client = KurrentDBClient.connectionString(url);

  return {
    append: async (stream, streamState, events) => {
      const sent = events.map(binary);
      const answer = await client.appendToStream(stream, sent, { streamState });
      return { revision: answer.nextExpectedRevision, position: answer.position?.commit };
    },
    readStream: (stream, fromRevision, backward, maxCount) =>
      reading(
        client.readStream(stream, { fromRevision, direction: directionOf(backward), maxCount }),
      ),
    readAll: (from, backward, maxCount) =>
      reading(
        client.readAll({
          fromPosition: positionOf(from),
          direction: directionOf(backward),
          maxCount,
        }),
      ),
    subscribe: (after, filter, ahead) =>
      client.subscribeToAll(
        { fromPosition: positionOf(after), filter: filterOf(filter) },
        { highWaterMark: ahead },
      ),
    dispose: async () => await client.dispose(),
  };
};

const reading = (events: AsyncIterable<Resolved>): Reading => {
  const cancelled = Promise.withResolvers<never>();
  cancelled.promise.catch(() => undefined);
  const all = async (take: Parameters<Reading['each']>[0]) => {
    for await (const { event } of events) if (event !== undefined && !take(event)) return;
  };
  return {
    each: async (take) => await Promise.race([all(take), cancelled.promise]),
    cancel: () => cancelled.reject(new Error('the read was given up')),
  };
};
