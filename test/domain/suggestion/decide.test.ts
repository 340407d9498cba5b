import { test } from 'node:test';
import { type DocumentId, derivedUuid } from '#domain/ids.ts';
import { suggestionAggregate } from '#domain/suggestion/decide.ts';
import type { SuggestionEvent } from '#domain/suggestion/events.ts';
import { given, memberNamed, principal } from '#test/support/given.ts';

const document = derivedUuid('test', 'document') as DocumentId;
const elsewhere = derivedUuid('test', 'another document') as DocumentId;
const cleo = { principal: principal('cleo', 'viewer') };
const ada = { principal: principal('ada', 'author') };

const anchor = { revision: 1, actors: ['aa'], runs: [{ actor: 0, from: 3, count: 4 }] };
const suggested = {
  document,
  anchor,
  quoted: 'text',
  replacement: 'words',
  origin: 'ai:7',
} as const;
const make = { type: 'MakeSuggestion', ...suggested } as const;
const made: SuggestionEvent = {
  type: 'SuggestionMade',
  data: { ...suggested, author: memberNamed('cleo') },
};
const accepted: SuggestionEvent = {
  type: 'SuggestionAccepted',
  data: { document, revision: 4, extent: 'part', parts: [0], text: 'word' },
};
const edited: SuggestionEvent = {
  type: 'SuggestionEdited',
  data: { document, revision: 4, text: 'own' },
};
const rejected: SuggestionEvent = {
  type: 'SuggestionRejected',
  data: { document, reason: 'No.' },
};
const settle = {
  type: 'SettleSuggestion',
  document,
  taken: { revision: 4, extent: 'part', parts: [0], text: 'word' },
} as const;
const settleEdited = {
  ...settle,
  taken: { revision: 4, extent: 'edited', text: 'own' },
} as const;
const reject = { type: 'RejectSuggestion', document, reason: 'No.', mayEdit: true } as const;

const suggestion = (...history: SuggestionEvent[]) =>
  given(suggestionAggregate.decider, ...history);

test('a suggestion is made once, and says where it comes from', () => {
  suggestion().when(make, cleo).happens(made);
  suggestion().when(make, cleo).twice();
  suggestion(made)
    .when({ ...make, replacement: 'other' }, cleo)
    .isRejected('suggestion/already-exists');
  suggestion(made).when(make, ada).isRejected('suggestion/already-exists');
});

test('a suggestion to leave the text as it is is none', () => {
  suggestion()
    .when({ ...make, replacement: 'text' }, cleo)
    .isRejected('suggestion/changes-nothing');
});

test('what the document took is its outcome, once', () => {
  suggestion(made).when(settle, ada).happens(accepted);
  suggestion(made).when(settle, ada).twice();
  suggestion(made).when(settleEdited, ada).happens(edited);
  suggestion(made, edited).when(settle, ada).nothingHappens();
});

test('what the document took is its outcome also where somebody rejected it meanwhile', () => {
  suggestion(made, rejected).when(settle, ada).happens(accepted);
});

test('who may edit rejects it, or its author', () => {
  suggestion(made).when(reject, ada).happens(rejected);
  suggestion(made).when(reject, ada).twice();
  const other = { ...reject, mayEdit: false };
  suggestion(made).when(other, ada).isRejected('suggestion/not-yours');
  suggestion(made).when(other, cleo).happens(rejected);
});

test('what was accepted cannot be rejected', () => {
  suggestion(made, accepted).when(reject, ada).isRejected('suggestion/settled');
  suggestion(made, edited).when(reject, cleo).isRejected('suggestion/settled');
});

test('on another document, or before it was made, there is no such suggestion', () => {
  for (const command of [settle, reject]) {
    suggestion().when(command, ada).isRejected('suggestion/not-found');
    suggestion(made)
      .when({ ...command, document: elsewhere }, ada)
      .isRejected('suggestion/not-found');
  }
});

test('text that could not be stored is refused', () => {
  const half = 'half \ud83d';
  for (const wrong of [{ replacement: half }, { note: half }]) {
    suggestion()
      .when({ ...make, ...wrong }, cleo)
      .isRejected('text/not-storable');
  }
  suggestion(made)
    .when({ ...reject, reason: half }, ada)
    .isRejected('text/not-storable');
});

test('whose roles allow no comments suggests nothing', () => {
  const audrey = { principal: principal('audrey', 'auditor') };
  suggestion().when(make, audrey).isRejected('right/missing');
  suggestion(made).when(reject, audrey).isRejected('right/missing');
});
