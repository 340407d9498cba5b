import {
  type Connect,
  type Reading,
  type Resolved,
  binary,
  directionOf,
  filterOf,
  positionOf,
} from './client.ts';

/** `esdb://` through `@eventstore/db-client`, loaded when there is such a log. */
export const connectEventStore: Connect = async (url) => {
  const { EventStoreDBClient } = await import('@eventstore/db-client');
  const client = EventStoreDBClient.connectionString(url);

  return {
    append: async (stream, expectedRevision, events) => {
      const sent = events.map(binary);
      const answer = await client.appendToStream(stream, sent, { expectedRevision });
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

type ReadStream = {
  on(event: 'data', listener: (resolved: Resolved) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  cancel(): Promise<void>;
};

/**
 * Reads to the end of the call whatever happens: a call with anything unread never ends, and one
 * that is cancelled ends without a word.
 */
const reading = (stream: ReadStream): Reading => {
  const done = Promise.withResolvers<void>();
  return {
    each: async (take) => {
      let isEnough = false;
      const stop = () => {
        isEnough = true;
        void stream.cancel();
      };
      stream.on('data', ({ event }: Resolved) => {
        if (isEnough || event === undefined) return;
        try {
          if (take(event)) return;
          done.resolve();
        } catch (error) {
          done.reject(error);
        }
        stop();
      });
      stream.on('end', () => done.resolve());
      stream.on('error', (error: Error) => done.reject(error));
      await done.promise;
    },
    cancel: () => {
      done.reject(new Error('the read was given up'));
      void stream.cancel();
    },
  };
};
