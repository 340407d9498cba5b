import type { Connect, Filter, Place, Reading } from './client.ts';

/** `esdb://` through `@eventstore/db-client`, loaded when there is such a log. */
export const connectEventStore: Connect = async (url) => {
  const { EventStoreDBClient, binaryEvent, eventTypeFilter, streamNameFilter } =
    await import('@eventstore/db-client');
  const client = EventStoreDBClient.connectionString(url);

  const filterOf = ({ on, expression, onCheckpoint }: Filter) => {
    const checkpoints = {
      checkpointReached: async (_: unknown, { commit }: { commit: bigint }) =>
        onCheckpoint?.(commit),
    };
    const make = on === 'eventType' ? eventTypeFilter : streamNameFilter;
    return 'regex' in expression
      ? make({ ...expression, ...checkpoints })
      : make({ ...expression, ...checkpoints });
  };

  return {
    append: async (stream, expectedRevision, events) => {
      const sent = events.map((event) => binaryEvent(event));
      const answer = await client.appendToStream(stream, sent, { expectedRevision });
      return { revision: answer.nextExpectedRevision, position: answer.position?.commit };
    },
    readStream: (stream, fromRevision, backward, maxCount) =>
      endable(
        client.readStream(stream, { fromRevision, direction: directionOf(backward), maxCount }),
      ),
    readAll: (from, backward, maxCount) =>
      endable(
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

const directionOf = (backward: boolean) =>
  backward ? ('backwards' as const) : ('forwards' as const);

const positionOf = (place: Place) =>
  typeof place === 'bigint' ? { commit: place, prepare: place } : place;

/** A call that is cancelled ends without a word: whoever reads it would wait for ever. */
const endable = (reading: Reading & { destroy(): unknown }): Reading => {
  const cancel = reading.cancel.bind(reading);
  return Object.assign(reading, {
    cancel: async () => {
      await cancel();
      reading.destroy();
    },
  });
};
