import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { commandHandler } from '#commands/handle.ts';
import { heldStreams } from '#commands/held-streams.ts';
import type { DocumentCommand } from '#domain/document/commands.ts';
import { documentAggregate } from '#domain/document/document.ts';
import type { Edit } from '#domain/document/edits.ts';
import { markdownOf } from '#domain/document/reading.ts';
import { eventTypes } from '#domain/event-types.ts';
import type { CommandId, DocumentId, MemberId } from '#domain/ids.ts';
import type { Principal } from '#domain/rights.ts';
import { memorySnapshotStore } from '#infra/memory/snapshot-store.ts';
import { conflictFinder } from '#infra/projections/conflict-finder.ts';
import { documentFolds } from '#infra/projections/document-folds.ts';
import { systemIds } from '#infra/system/ids.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import { everyProjection } from '#projections/all.ts';
import { listDocuments } from '#projections/listed-documents.ts';
import { documentTimelineOf } from '#projections/document-timeline.ts';
import {
  type World,
  caughtUp,
  eventually,
  projectionWorld,
  projector,
} from '#test/support/projections.ts';
import { acme } from '#test/support/sealing.ts';

const ada: Principal = {
  tenant: acme,
  member: randomUUID() as MemberId,
  roles: ['owner'],
  groups: [],
};

/** Documents that are written through the command path, and the views that follow. */
async function writing(t: TestContext) {
  const world = await projectionWorld(t);
  const ports = {
    ...world,
    ids: systemIds,
    snapshots: memorySnapshotStore(),
    warn: (message: string, cause: unknown) => assert.fail(new Error(message, { cause })),
  };
  const handle = commandHandler(ports, documentAggregate, heldStreams(ports, documentAggregate));
  const every = () => everyProjection(documentFolds(ports), conflictFinder(ports));
  const viewing = async (later = 0) => {
    const projections = every().map((one) =>
      Object.assign({}, one, { version: one.version + later }),
    );
    const process = await projector(t, world, projections, { definitions: eventTypes });
    return { ...process, caughtUp: () => caughtUp(world, process, projections) };
  };
  return {
    world,
    every,
    viewing,
    send: async (id: DocumentId, command: DocumentCommand) => {
      const { state } = await runAsTenant(acme, () =>
        handle(id, command, {
          tenant: acme,
          principal: ada,
          commandId: randomUUID() as CommandId,
          commandHash: createHash('sha256').update('x').digest(),
          correlationId: randomUUID(),
        }),
      );
      return 'content' in state ? markdownOf(state) : assert.fail(state.status);
    },
  };
}

type Viewing = Awaited<ReturnType<Awaited<ReturnType<typeof writing>>['viewing']>>;

const shown = async (view: Viewing, world: World, id: DocumentId): Promise<string> => {
  await view.caughtUp();
  assert.deepEqual(world.errors, []);
  assert.deepEqual(await world.store.deadLetters(), []);
  return await runAsTenant(acme, () =>
    view.views.read(async (tables) => {
      const { rows } = await sql<{ text: string }>`
        select text from document_sections where tenant_id = ${acme} and document_id = ${id}
         order by place, section_id`.execute(tables);
      return rows.map(({ text }) => text).join('');
    }),
  );
};

const found = async (view: Viewing, q: string, who = ada): Promise<string[]> => {
  await view.caughtUp();
  const page = await runAsTenant(acme, () =>
    view.views.read((tables) =>
      listDocuments(tables as never, who, { q, archived: false, limit: 50 }),
    ),
  );
  return page.items.map(({ title }) => title).toSorted();
};

const create = (title: string, markdown: string): DocumentCommand => ({
  type: 'CreateDocument',
  title,
  markdown,
});
const edit = (...edits: Edit[]): DocumentCommand => ({ type: 'EditDocument', edits });
const newId = () => randomUUID() as DocumentId;

test('the sections of a document say together what the document says, edit by edit', async (t) => {
  const { world, viewing, send } = await writing(t);
  const view = await viewing();
  const id = newId();
  let markdown = await send(id, create('Trees', '# Oak\n\nOld.\n\n# Birch\n\nWhite.\n'));
  assert.equal(await shown(view, world, id), markdown);
  for (const command of [
    edit({ type: 'insertText', at: 6, text: '\nGreat ' }),
    edit({ type: 'insertText', at: 3, text: 'ö' }, { type: 'deleteText', at: 0, count: 1 }),
    edit({ type: 'replaceText', find: 'White', with: 'Silver' }),
    edit({ type: 'insertSection', after: null, text: '# First\n\n# Second\n' }),
  ]) {
    markdown = await send(id, command);
    assert.equal(await shown(view, world, id), markdown);
  }
});

test('a rebuild ends where live views are, with documents in many events', async (t) => {
  const { world, every, viewing, send } = await writing(t);
  const [one, other] = [newId(), newId()];
  await send(one, create('One', 'a\n'));
  await send(other, create('Other', 'b\n'));
  const live = await viewing();
  let [first, second] = ['', ''];
  for (let round = 0; round < 30; round += 1) {
    first = await send(one, edit({ type: 'insertText', at: round, text: `${round % 10}` }));
    second = await send(other, edit({ type: 'insertText', at: 0, text: `# ${round}\n` }));
    if (round % 10 === 0) assert.equal(await shown(live, world, one), first);
  }
  assert.equal(await shown(live, world, one), first);
  assert.equal(await shown(live, world, other), second);
  await live.engine.stop();

  // A process that has folded nothing yet goes on in the middle.
  const later = await viewing();
  first = await send(one, edit({ type: 'deleteText', at: 3, count: 4 }));
  assert.equal(await shown(later, world, one), first);

  await world.store.begin(every().find(({ name }) => name === 'document_sections')!);
  await later.engine.stop();
  const rebuilding = await viewing();
  await eventually(async () => {
    const standings = await world.store.standings(every());
    return standings.every(({ registered }) => registered);
  });
  assert.equal(await shown(rebuilding, world, one), first);
  assert.equal(await shown(rebuilding, world, other), second);
});

test('views follow undo and redo, live and when they are rebuilt', async (t) => {
  const { world, every, viewing, send } = await writing(t);
  const id = newId();
  await send(id, create('Trees', '# Oak\n\n# Birch\n'));
  const live = await viewing();
  const undo: DocumentCommand = { type: 'UndoGroup', scope: 'mine' };
  const redo: DocumentCommand = { type: 'RedoGroup', scope: 'mine' };
  const timeline = async (view: Viewing) => {
    await view.caughtUp();
    const { items } = await runAsTenant(acme, () =>
      view.views.read((tables) => documentTimelineOf(tables as never, acme, id, { limit: 50 })),
    );
    return items.map(({ type, group, inEffect }) => ({ type, group, inEffect }));
  };

  await send(id, edit({ type: 'replaceText', find: 'Oak', with: 'Ash' }));
  const retitled = await send(id, edit({ type: 'setTitle', title: 'Shrubs' }));
  assert.deepEqual([await found(live, 'ash'), await found(live, 'oak')], [['Shrubs'], []]);
  const undone = await send(id, undo);
  assert.equal(undone, retitled);
  assert.deepEqual([await found(live, 'shrubs'), await found(live, 'ash')], [[], ['Trees']]);
  assert.equal(await send(id, undo), await shown(live, world, id));
  assert.deepEqual([await found(live, 'ash'), await found(live, 'oak')], [[], ['Trees']]);
  assert.equal(await send(id, redo), await shown(live, world, id));
  assert.deepEqual([await found(live, 'ash'), await found(live, 'oak')], [['Trees'], []]);

  const steps = await timeline(live);
  assert.deepEqual(
    steps.map(({ type, inEffect }) => [type, inEffect]),
    [
      ['ChangesRedone', null],
      ['ChangesUndone', null],
      ['ChangesUndone', null],
      ['ChangesApplied', false],
      ['ChangesApplied', true],
      ['ChangesApplied', true],
      ['DocumentCreated', null],
    ],
  );
  const text = await shown(live, world, id);
  for (const projection of every()) await world.store.begin(projection);
  await live.engine.stop();
  const rebuilding = await viewing();
  await eventually(async () => {
    const standings = await world.store.standings(every());
    return standings.every(({ registered }) => registered);
  });
  assert.equal(await shown(rebuilding, world, id), text);
  assert.deepEqual(await timeline(rebuilding), steps);
  assert.deepEqual(await found(rebuilding, 'ash'), ['Trees']);
});

test('a search finds words and phrases in texts and titles, for whoever may read them', async (t) => {
  const { viewing, send } = await writing(t);
  const view = await viewing();
  const [trees, stones] = [newId(), newId()];
  await send(trees, create('Trees', '# Oak\n\nAn old oak tree.\n\n# Birch\n\nSilver bark.\n'));
  await send(stones, create('Old stones', 'Granite, basalt.\n'));
  assert.deepEqual(await found(view, 'oak'), ['Trees']);
  assert.deepEqual(await found(view, 'OLD'), ['Old stones', 'Trees']);
  assert.deepEqual(await found(view, 'oak silver'), ['Trees']);
  assert.deepEqual(await found(view, '"old oak"'), ['Trees']);
  assert.deepEqual(await found(view, '"oak old"'), []);
  assert.deepEqual(await found(view, 'old granite'), ['Old stones']);
  for (const nothing of ['nothing', '!!!', `'); drop`, '"', '-', ':*&|']) {
    assert.deepEqual(await found(view, nothing), [], nothing);
  }
  await send(trees, edit({ type: 'replaceText', find: 'Silver', with: 'White' }));
  assert.deepEqual(await found(view, 'silver'), []);
  assert.deepEqual(await found(view, 'white'), ['Trees']);
  const stranger = { ...ada, member: randomUUID() as MemberId, roles: ['author'] as const };
  assert.deepEqual(await found(view, 'old', stranger), []);
});

test('an erased document is not found by what it said', async (t) => {
  const { world, viewing, send } = await writing(t);
  const id = newId();
  await send(id, create('Trees', 'oak\n'));
  const before = await viewing();
  assert.deepEqual(await found(before, 'oak'), ['Trees']);
  await before.engine.stop();
  await world.sealer.destroy(acme, `document:${id}`);
  const anew = await viewing(1);
  assert.deepEqual(await found(anew, 'oak'), []);
  assert.equal(await shown(anew, world, id), '');
});
