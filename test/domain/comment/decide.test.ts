import { test } from 'node:test';
import { commentAggregate } from '#domain/comment/decide.ts';
import type { CommentEvent } from '#domain/comment/events.ts';
import { type DocumentId, derivedUuid } from '#domain/ids.ts';
import { given, memberNamed, principal } from '#test/support/given.ts';

const document = derivedUuid('test', 'document') as DocumentId;
const elsewhere = derivedUuid('test', 'another document') as DocumentId;
const cleo = { principal: principal('cleo', 'viewer') };
const ada = { principal: principal('ada', 'author') };

const anchor = { revision: 1, actors: ['aa'], runs: [{ actor: 0, from: 3, count: 4 }] };
const about = { document, anchor, quoted: 'text', text: 'Really?' };
const make = { type: 'MakeComment', ...about } as const;
const made: CommentEvent = {
  type: 'CommentMade',
  data: { ...about, author: memberNamed('cleo') },
};
const resolved: CommentEvent = { type: 'CommentResolved', data: { document } };
const reopened: CommentEvent = { type: 'CommentReopened', data: { document } };
const removed: CommentEvent = { type: 'CommentRemoved', data: { document } };
const resolve = { type: 'ResolveComment', document } as const;
const reopen = { type: 'ReopenComment', document } as const;
const reply = { type: 'ReplyToComment', document, text: 'Really.' } as const;
const remove = { type: 'RemoveComment', document, isOwner: false } as const;

const comment = (...history: CommentEvent[]) => given(commentAggregate.decider, ...history);

test('a comment is made once', () => {
  comment().when(make, cleo).happens(made);
  comment().when(make, cleo).twice();
  comment(made)
    .when({ ...make, text: 'Other.' }, cleo)
    .isRejected('comment/already-exists');
  comment(made).when(make, ada).isRejected('comment/already-exists');
  comment(made, removed).when(make, cleo).isRejected('comment/already-exists');
});

test('whoever may comment answers, resolves and reopens it', () => {
  comment(made).when(reply, ada).twice();
  comment(made).when(resolve, ada).happens(resolved);
  comment(made).when(resolve, ada).twice();
  comment(made).when(reopen, ada).nothingHappens();
  comment(made, resolved).when(reopen, cleo).happens(reopened);
  comment(made, resolved).when(reopen, cleo).twice();
  comment(made, resolved).when(reply, cleo).twice();
});

test('its author removes it, or an owner of the document', () => {
  comment(made).when(remove, cleo).happens(removed);
  comment(made).when(remove, cleo).twice();
  comment(made).when(remove, ada).isRejected('comment/not-yours');
  comment(made)
    .when({ ...remove, isOwner: true }, ada)
    .happens(removed);
  comment(made, removed)
    .when({ ...remove, isOwner: true }, ada)
    .nothingHappens();
});

test('a comment that was removed takes nothing more', () => {
  for (const command of [reply, resolve, reopen]) {
    comment(made, removed).when(command, cleo).isRejected('comment/removed');
  }
});

test('on another document, or before it was made, there is no such comment', () => {
  for (const command of [reply, resolve, reopen, remove]) {
    comment().when(command, cleo).isRejected('comment/not-found');
    comment(made)
      .when({ ...command, document: elsewhere }, cleo)
      .isRejected('comment/not-found');
  }
});

test('a thousand answers are as many as there can be', () => {
  const replies = Array.from({ length: 1_000 }, (_, n): CommentEvent => ({
    type: 'CommentReplied',
    data: { document, reply: derivedUuid('test', n), text: 'Yes.' },
  }));
  comment(made, ...replies)
    .when(reply, ada)
    .isRejected('comment/too-many-replies');
});

test('text that could not be stored is refused', () => {
  comment()
    .when({ ...make, text: 'half \ud83d' }, cleo)
    .isRejected('text/not-storable');
  comment(made)
    .when({ ...reply, text: 'null \u0000' }, cleo)
    .isRejected('text/not-storable');
});

test('whose roles allow no comments makes none', () => {
  const audrey = { principal: principal('audrey', 'auditor') };
  comment().when(make, audrey).isRejected('right/missing');
  comment(made).when(resolve, audrey).isRejected('right/missing');
});

test('of an erased comment nothing is left to answer', () => {
  const { decider } = commentAggregate;
  const erased = decider.erase!(comment(made).state);
  given({ ...decider, initialState: erased })
    .when(reply, cleo)
    .isRejected('comment/not-found');
  given({ ...decider, initialState: erased })
    .when(make, cleo)
    .isRejected('comment/already-exists');
});
