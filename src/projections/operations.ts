import type { StreamName } from '#domain/stream.ts';
import { handleAround } from './batch.ts';
import { itemsOf } from './items.ts';
import type { DeadLetter, EventSource, OpenEvents, ProjectionStore } from './ports.ts';
import type { Projection } from './projection.ts';

const PAGE = 500;

export type Retried = 'handled' | 'parked again' | 'not found';

/** What an operator can do to the views. Runs in any process, whether it has projectors or not. */
export type ProjectionOperations = {
  /** Begins a rebuild beside what is read, or goes on with the one under way. */
  readonly rebuild: (name: string) => Promise<boolean>;
  /** Gives up the rebuild that is under way. */
  readonly cancel: (name: string) => Promise<boolean>;
  readonly deadLetters: (name?: string) => Promise<readonly DeadLetter[]>;
  /** Handles what waits, in order; it is parked again where it fails again. */
  readonly retry: (name: string, stream: StreamName) => Promise<Retried>;
  /** Gives up what waits: `record` says so in the log first, because the rows will lack it. */
  readonly drop: (
    name: string,
    stream: StreamName,
    record: (letter: DeadLetter) => Promise<unknown>,
  ) => Promise<boolean>;
};

export function projectionOperations(deps: {
  readonly source: Pick<EventSource, 'readStream'>;
  readonly open: OpenEvents;
  readonly store: ProjectionStore;
  readonly projections: readonly Projection[];
  /** Tells the engine of this process that there is something to begin or to stop. */
  readonly nudge?: () => void;
}): ProjectionOperations {
  const { source, store, projections } = deps;
  const named = (name: string) => projections.find((projection) => projection.name === name);

  const lettersOf = async (name: string, stream: StreamName) => {
    const version = named(name)?.version;
    const letters = await store.deadLetters(name);
    return letters.filter((letter) => letter.stream === stream && letter.version === version);
  };

  const retry = async (projection: Projection, letter: DeadLetter): Promise<Retried> => {
    let isParked = false;
    await store.unpark(letter, async (batch, lane, upTo) => {
      const preparing = { ...deps, projection, lane, isTransient: store.isTransient };
      for await (const events of waitingEvents(source, letter, upTo)) {
        const before = new Set(isParked ? [letter.stream] : []);
        const items = await itemsOf(preparing, events, before);
        const parked = await handleAround(projection, batch, items, before, store.isTransient);
        isParked = parked.has(letter.stream);
      }
    });
    return isParked ? 'parked again' : 'handled';
  };

  return {
    rebuild: async (name) => {
      const projection = named(name);
      if (projection === undefined) return false;
      await store.begin(projection);
      deps.nudge?.();
      return true;
    },
    cancel: async (name) => {
      const projection = named(name);
      const standings = projection === undefined ? [] : await store.standings([projection]);
      const building = standings.find(({ registered }) => !registered);
      if (building === undefined) return false;
      const isCancelled = await store.cancel(building.lane);
      deps.nudge?.();
      return isCancelled;
    },
    deadLetters: (name) => store.deadLetters(name),
    retry: async (name, stream) => {
      const projection = named(name);
      const letters = await lettersOf(name, stream);
      if (projection === undefined || letters.length === 0) return 'not found';
      const outcomes: Retried[] = [];
      for (const letter of letters) outcomes.push(await retry(projection, letter));
      return outcomes.includes('parked again') ? 'parked again' : 'handled';
    },
    drop: async (name, stream, record) => {
      const letters = await lettersOf(name, stream);
      for (const letter of letters) {
        await record(letter);
        await store.unpark(letter);
      }
      return letters.length > 0;
    },
  };
}

/** What the letter's stream holds from its first parked event to the lane's checkpoint. */
async function* waitingEvents(
  source: Pick<EventSource, 'readStream'>,
  { stream, firstRevision }: DeadLetter,
  upTo: bigint,
) {
  for (let from = firstRevision; ;) {
    const page = await source.readStream(stream, { from, direction: 'forward', limit: PAGE });
    const events = page.filter(({ position }) => position <= upTo);
    if (events.length > 0) yield events;
    if (events.length < page.length || page.length === 0) return;
    from = page.at(-1)!.header.revision + 1;
  }
}
