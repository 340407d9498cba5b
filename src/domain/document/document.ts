import type { Aggregate } from '#domain/aggregate.ts';
import type { DocumentCommand } from './commands.ts';
import { decide } from './decide.ts';
import { type DocumentEvent, documentEvents } from './events.ts';
import { erase, evolve } from './evolve.ts';
import { freeDocument } from './reading.ts';
import { documentSnapshot } from './snapshot.ts';
import { type DocumentState, initialState } from './state.ts';

/** A document: its content in Automerge, and who may do what with it. */
export const documentAggregate: Aggregate<DocumentState, DocumentCommand, DocumentEvent> = {
  kind: 'document',
  decider: { initialState, decide, evolve, erase },
  events: documentEvents,
  snapshot: documentSnapshot,
  knowsRepeatOf: ({ type, data }) => type === 'ChangesApplied' && data.live === true,
  release: (state) => {
    if ('content' in state) freeDocument(state);
  },
};
