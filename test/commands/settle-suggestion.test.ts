import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { type CommandRequest, commandHandler } from '#commands/handle.ts';
import { heldStreams } from '#commands/held-streams.ts';
import { history } from '#commands/history.ts';
import { WrongExpectedRevision } from '#commands/ports.ts';
import { settleSuggestion } from '#commands/settle-suggestion.ts';
import type { Aggregate } from '#domain/aggregate.ts';
import { anchorIn } from '#domain/document/anchor/make-anchor.ts';
import { documentAggregate } from '#domain/document/document.ts';
import type { ChangesApplied, TakenChoice } from '#domain/document/events.ts';
import { markdownOf } from '#domain/document/reading.ts';
import type { DomainEvent } from '#domain/event.ts';
import type { CommandId, DocumentId, SuggestionId } from '#domain/ids.ts';
import { Rejected, type RejectionCode } from '#domain/rejected.ts';
import { streamOf } from '#domain/stream.ts';
import { suggestionAggregate } from '#domain/suggestion/decide.ts';
import { openEvents } from '#infra/crypto/open-events.ts';
import { systemIds } from '#infra/system/ids.ts';
import { type World, world } from '#test/support/command-path.ts';
import { acme, principal } from '#test/support/given.ts';

const bob = principal('bob', 'editor');
const eve = principal('eve', 'editor');
const cleo = principal('cleo', 'author');

const by = (who = bob): CommandRequest => ({
  tenant: acme,
  principal: who,
  commandId: randomUUID() as CommandId,
  commandHash: Uint8Array.of(1),
  correlationId: randomUUID(),
});

/** One process on a world that it may share with others. */
function process(shared: World) {
  const ports = { ...shared, ids: systemIds, warn: assert.fail };
  const pathOf = <State, Command, Event extends DomainEvent>(
    aggregate: Aggregate<State, Command, Event>,
  ) => {
    const streams = heldStreams(ports, aggregate);
    const past = history(ports, aggregate, streams);
    return { handle: commandHandler(ports, aggregate, streams), ...past };
  };
  const documents = pathOf(documentAggregate);
  const suggestions = pathOf(suggestionAggregate);
  const eventsOf = async (kind: 'document' | 'suggestion', id: string) => {
    const stored = await shared.log.readStream(streamOf(acme, kind, id), { limit: 1_000 });
    return (await openEvents(shared.sealer, stored)).map(({ event }) => event as DomainEvent);
  };
  const settling = (handle = suggestions.handle) =>
    settleSuggestion({
      documents: documents.handle,
      documentHistory: documents,
      suggestions: handle,
      suggestionHistory: suggestions,
      changesAt: async (_, document, revision) =>
        (await eventsOf('document', document))[revision]?.data as ChangesApplied,
    });
  return { documents, suggestions, eventsOf, settling, ...settling() };
}

/** A document, and a suggestion by a model to replace its first words. */
async function suggested(shared = world(), origin: 'ai:7' | 'person' = 'ai:7') {
  const one = process(shared);
  const document = randomUUID() as DocumentId;
  const id = randomUUID() as SuggestionId;
  const create = { type: 'CreateDocument', title: 'Plan', markdown: 'Monday at noon.' } as const;
  await one.documents.handle(document, create, by());
  const { state, revision } = await one.documents.newest(acme, document);
  assert.ok('content' in state);
  const anchored = anchorIn(state, revision, { at: 0, count: 14 });
  const replacement = 'Tuesday at nine';
  const make = { type: 'MakeSuggestion', document, ...anchored, replacement, origin } as const;
  await one.suggestions.handle(id, make, by(cleo));

  const markdown = async () => {
    const { state } = await one.documents.newest(acme, document);
    return 'content' in state ? markdownOf(state) : assert.fail('no document');
  };
  const outcomes = async () => (await one.eventsOf('suggestion', id)).slice(1);
  return { ...one, shared, document, id, markdown, outcomes };
}

/** As a process that ends when the document has the text, and the suggestion does not say so. */
const endsInBetween = async () => {
  throw new Error('The process ended.');
};

const isRejected = (code: RejectionCode) => (error: unknown) =>
  error instanceof Rejected && error.code === code;

test('the outcome of what a model suggested says so, and the edit is the model’s', async () => {
  const { accept, document, id, markdown, outcomes, eventsOf } = await suggested();
  const { taken } = await accept(document, id, {}, by());
  assert.equal(await markdown(), 'Tuesday at nine.');
  const edit = (await eventsOf('document', document)).at(-1)?.data as ChangesApplied;
  assert.deepEqual([edit.origin, edit.author], ['ai:7', bob.member]);
  const data = { document, revision: taken.revision, extent: 'whole', text: 'Tuesday at nine' };
  assert.deepEqual(
    (await outcomes()).map(({ type, data }) => [type, data]),
    [['SuggestionAccepted', data]],
  );
});

test('who comes after a process that ended in between neither loses nor doubles the edit', async () => {
  const { settling, document, id, markdown, outcomes, shared } = await suggested();
  const choice = { parts: [1] };
  await assert.rejects(settling(endsInBetween).accept(document, id, choice, by()), /ended/);
  assert.deepEqual([await markdown(), (await outcomes()).length], ['Monday at nine.', 0]);
  const { taken } = await process(shared).accept(document, id, choice, by(eve));
  assert.deepEqual([taken.extent, taken.parts, taken.text], ['part', [1], 'Monday at nine']);
  assert.deepEqual([await markdown(), (await outcomes()).length], ['Monday at nine.', 1]);
});

test('who chooses otherwise after such an end is told, and what was taken is recorded', async () => {
  const choices: (readonly [TakenChoice, TakenChoice])[] = [
    [{}, { parts: [0] }],
    [{ parts: [0] }, {}],
    [{ text: 'Never' }, {}],
    [{}, { text: 'Never' }],
  ];
  for (const [first, other] of choices) {
    const { settling, accept, document, id, markdown, outcomes } = await suggested();
    await assert.rejects(settling(endsInBetween).accept(document, id, first, by()), /ended/);
    const text = await markdown();
    await assert.rejects(accept(document, id, other, by(eve)), isRejected('suggestion/settled'));
    assert.equal(await markdown(), text);
    const said = (await outcomes()).map(({ data }) => 'text' in data && `${String(data.text)}.`);
    assert.deepEqual(said, [text]);
  }
});

test('what the document holds already cannot be rejected any more', async () => {
  const { settling, reject, document, id, outcomes } = await suggested();
  await assert.rejects(settling(endsInBetween).accept(document, id, {}, by()), /ended/);
  const refused = reject(document, id, { mayEdit: true }, by(eve));
  await assert.rejects(refused, isRejected('suggestion/settled'));
  assert.deepEqual(
    (await outcomes()).map(({ type }) => type),
    ['SuggestionAccepted'],
  );
});

test('of people who take and reject it at once, in several processes, the document decides', async () => {
  for (let round = 0; round < 20; round++) {
    const { document, id, markdown, outcomes, shared } = await suggested();
    const results = await Promise.allSettled([
      process(shared).accept(document, id, {}, by(bob)),
      process(shared).accept(document, id, { text: 'Never' }, by(eve)),
      process(shared).accept(document, id, {}, by(eve)),
      process(shared).reject(document, id, { mayEdit: true }, by(eve)),
    ]);
    for (const result of results) {
      if (result.status === 'rejected') assert.ok(result.reason instanceof Rejected);
    }
    const text = (await markdown()).slice(0, -1);
    const last = (await outcomes()).at(-1)!;
    const said = 'text' in last.data ? last.data.text : 'Monday at noon';
    assert.equal(said, text);
    assert.equal((await outcomes()).filter(({ data }) => 'text' in data).length <= 1, true);
  }
});

test('what is already so is accepted without an edit', async () => {
  const { accept, documents, document, id, markdown, outcomes } = await suggested();
  const edits = [{ type: 'deleteText', at: 6, count: 8 }] as const;
  await documents.handle(document, { type: 'EditDocument', edits }, by());
  const { revision } = await documents.newest(acme, document);
  const { taken } = await accept(document, id, { text: 'Monday' }, by());
  assert.deepEqual(
    [taken.extent, taken.revision, await markdown()],
    ['edited', revision, 'Monday.'],
  );
  assert.equal((await outcomes()).length, 1);
});

test('a caller who insists on a revision of the suggestion is refused on another', async () => {
  const { accept, document, id, markdown } = await suggested();
  const late = accept(document, id, {}, { ...by(), expectedRevision: 3 });
  await assert.rejects(late, WrongExpectedRevision);
  assert.equal(await markdown(), 'Monday at noon.');
  await accept(document, id, {}, { ...by(), expectedRevision: 0 });
  assert.equal(await markdown(), 'Tuesday at nine.');
});

test('a suggestion is found on its own document only', async () => {
  const { accept, reject, id } = await suggested();
  const other = randomUUID() as DocumentId;
  const notFound = isRejected('suggestion/not-found');
  await assert.rejects(accept(other, id, {}, by()), notFound);
  await assert.rejects(reject(other, id, { mayEdit: true }, by()), notFound);
});
