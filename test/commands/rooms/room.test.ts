import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Happened, Room } from '#commands/rooms/room.ts';
import { soon } from '#test/support/live.ts';

const PAGE = 2;

test('a room that missed more than it reads at once tells all of it, though nobody writes again', async () => {
  const log = Array.from({ length: 8 }, (_, revision) => eventAt(revision));
  const told: number[] = [];
  const room = new Room({
    readFrom: async (from) => log.slice(from, from + PAGE),
    onLost: (error) => assert.fail(String(error)),
  });
  const subscriber = {
    session: 's',
    member: 'm',
    happened: (events: readonly Happened[]) =>
      told.push(...events.map(({ header }) => header.revision)),
    told: () => {},
  };
  await room.join(subscriber, async () => ({ revision: 0 }));
  room.begin('s', 0);
  // One event is heard of, and the one behind it is not.
  room.take([eventAt(6)]);
  await soon(() => told.length === 7);
  assert.deepEqual(told, [1, 2, 3, 4, 5, 6, 7]);
});

/** All that a room looks at. */
const eventAt = (revision: number) =>
  ({
    type: 'DocumentArchived',
    data: {},
    header: { revision, commandId: `c${revision}` },
  }) as Happened;
