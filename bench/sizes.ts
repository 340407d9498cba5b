import { parseArgs } from 'node:util';

export type Sizes = {
  /** Written for the rebuilds, beside what the other measures left. */
  readonly events: number;
  readonly rounds: number;
  /** How long one system appends in one round. */
  readonly seconds: number;
  readonly json: boolean;
  /** An empty EventStoreDB to measure the log on; without it, Postgres. */
  readonly eventStore: string | undefined;
  /** Measures whose name holds this. */
  readonly only: string;
};

export function readSizes(args: readonly string[]): Sizes {
  const { values } = parseArgs({
    args: [...args],
    options: {
      events: { type: 'string', default: '50000' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '2' },
      only: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
      eventstore: { type: 'string' },
    },
  });
  const number = (name: 'events' | 'rounds' | 'seconds'): number => {
    const value = Number(values[name]);
    if (value > 0 && (name === 'seconds' || Number.isSafeInteger(value))) return value;
    throw new Error(`--${name} is a number above 0.`);
  };
  return {
    events: number('events'),
    rounds: number('rounds'),
    seconds: number('seconds'),
    json: values.json,
    eventStore: values.eventstore,
    only: values.only,
  };
}
