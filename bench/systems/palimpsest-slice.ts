import { z } from 'zod';
import {
  type Aggregate,
  type TenantId,
  defineEvent,
  documentSubject,
  tableProjection,
} from '../palimpsest.ts';

// The least slice that has all of the product's parts: sealed bodies, snapshots, two views.

export const TENANT = 'bench' as TenantId;

const Noted = z.object({ text: z.string(), number: z.int() });
export const events = {
  Noted: defineEvent({ kind: 'document', version: 1, schema: Noted, subject: documentSubject }),
};
export type NoteEvent = { readonly type: 'Noted'; readonly data: z.infer<typeof Noted> };
export type State = { readonly count: number; readonly last: string };

/** Notes so many texts. */
export type Note = { readonly texts: readonly string[] };

export const notes: Aggregate<State, Note, NoteEvent> = {
  kind: 'document',
  events,
  decider: {
    initialState: { count: 0, last: '' },
    decide: ({ texts }, { count }) =>
      texts.map((text, index) => ({ type: 'Noted', data: { text, number: count + index } })),
    evolve: ({ count }, { data }) => ({ count: count + 1, last: data.text }),
  },
  snapshot: {
    version: 1,
    subject: documentSubject,
    encode: (state) => Buffer.from(JSON.stringify(state)),
    decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as State,
  },
};

type Row = { readonly stream: string; readonly events: number; readonly length: number };
const columns = { stream: 'text not null', events: 'integer not null', length: 'bigint not null' };
const one = (row: Row | undefined, length: number): Row => ({
  stream: '',
  events: (row?.events ?? 0) + 1,
  length: Number(row?.length ?? 0) + length,
});

export const byHeader = tableProjection<Row, 'stream', NoteEvent>({
  name: 'notes_by_header',
  version: 1,
  columns,
  key: ['stream'],
  keyOf: ({ stream }) => ({ stream }),
  header: { Noted: (row) => one(row, 0) },
});

export const byBody = tableProjection<Row, 'stream', NoteEvent>({
  name: 'notes_by_body',
  version: 1,
  columns,
  key: ['stream'],
  keyOf: ({ stream }) => ({ stream }),
  body: { Noted: (row, { data }) => one(row, data.text.length) },
});
