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
  /** Live systems whose name holds this, beside Palimpsest. */
  readonly beside: string;
  /** Who reads along when one writer types. */
  readonly readers: number;
  /** How many documents are open at once where many are. */
  readonly documents: number;
  /** How long the document is that is typed in, and how long its sections are at most. */
  readonly chars: number;
  readonly section: number;
};

const NUMBERS = [
  'events',
  'rounds',
  'seconds',
  'readers',
  'documents',
  'chars',
  'section',
] as const;

export function readSizes(args: readonly string[]): Sizes {
  const { values } = parseArgs({
    args: [...args],
    options: {
      events: { type: 'string', default: '50000' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '2' },
      only: { type: 'string', default: '' },
      beside: { type: 'string', default: '' },
      readers: { type: 'string', default: '4' },
      documents: { type: 'string', default: '200' },
      chars: { type: 'string', default: '10000' },
      section: { type: 'string', default: '8000' },
      json: { type: 'boolean', default: false },
      eventstore: { type: 'string' },
    },
  });
  const number = (name: (typeof NUMBERS)[number]): number => {
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
    beside: values.beside,
    readers: number('readers'),
    documents: number('documents'),
    chars: number('chars'),
    section: number('section'),
  };
}
