import { z } from 'zod';
import type { Aggregate } from '#domain/aggregate.ts';
import { type EventOf, defineEvent, documentSubject } from '#domain/event.ts';
import { Rejected } from '#domain/rejected.ts';

// The smallest aggregate that can say yes, no and "already so": a sum with a ceiling.

const tallyEvents = {
  Counted: defineEvent({
    kind: 'document',
    version: 1,
    schema: z.object({ by: z.number(), note: z.string().optional() }),
    subject: documentSubject,
  }),
  Closed: defineEvent({
    kind: 'document',
    version: 1,
    schema: z.object({}),
    subject: documentSubject,
  }),
};

type TallyEvent = EventOf<typeof tallyEvents>;
export type Tally = { readonly sum: number; readonly closed: boolean; readonly erased: boolean };
export type TallyCommand =
  | { readonly type: 'Count'; readonly by: number; readonly note?: string; readonly times?: number }
  | { readonly type: 'Close' };

export const tallyAggregate: Aggregate<Tally, TallyCommand, TallyEvent> = {
  kind: 'document',
  events: tallyEvents,
  snapshot: {
    version: 1,
    subject: documentSubject,
    encode: (state) => Buffer.from(JSON.stringify(state)),
    decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as Tally,
  },
  decider: {
    initialState: { sum: 0, closed: false, erased: false },
    decide: (command, { closed }) => {
      if (command.type === 'Close') return closed ? [] : [{ type: 'Closed', data: {} }];
      if (closed) throw new Rejected('document/archived');
      const { by, note, times = 1 } = command;
      const data = note === undefined ? { by } : { by, note };
      return Array.from({ length: times }, () => ({ type: 'Counted' as const, data }));
    },
    evolve: (state, event) =>
      event.type === 'Closed'
        ? { ...state, closed: true }
        : { ...state, sum: state.sum + event.data.by },
    erase: (state) => ({ ...state, erased: true }),
  },
};
