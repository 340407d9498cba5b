import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { commandHandler } from '#commands/handle.ts';
import { heldStreams } from '#commands/held-streams.ts';
import { history } from '#commands/history.ts';
import type { DocumentCommand } from '#domain/document/commands.ts';
import { inheritedFrom } from '#domain/document/branch/inheritance.ts';
import { documentAggregate } from '#domain/document/document.ts';
import { settled } from '#domain/document/live-content.ts';
import { restorePointOf, sectionsOf } from '#domain/document/reading.ts';
import { eventTypes } from '#domain/event-types.ts';
import type { CommandId, DocumentId, MemberId } from '#domain/ids.ts';
import { memorySnapshotStore } from '#infra/memory/snapshot-store.ts';
import { conflictFinder } from '#infra/projections/conflict-finder.ts';
import { systemIds } from '#infra/system/ids.ts';
import { runAsNoTenant, runAsTenant } from '#infra/tenancy/tenant-context.ts';
import { conflictTotals } from '#projections/conflict-counts.ts';
import { conflictsOfRevisions } from '#projections/conflict-rows.ts';
import { documentConflicts } from '#projections/document-conflicts.ts';
import { ForeignWriter } from '#test/support/foreign-writer.ts';
import {
  type World,
  caughtUp,
  eventually,
  projectionWorld,
  projector,
} from '#test/support/projections.ts';
import { seededRandom } from '#test/support/random.ts';
import { acme } from '#test/support/sealing.ts';

const actorOf = (name: string) => Buffer.from(name.padEnd(16, '.')).toString('hex');
type Change = ReturnType<ForeignWriter['splice']>;

/** A document that live clients write in, and the view of its conflicts. */
async function writing(t: TestContext, shared?: World) {
  const world = shared ?? (await projectionWorld(t));
  const snapshots = memorySnapshotStore();
  const warn = (message: string, cause: unknown) => assert.fail(new Error(message, { cause }));
  const ports = { ...world, ids: systemIds, snapshots, warn };
  const streams = heldStreams(ports, documentAggregate);
  const handle = commandHandler(ports, documentAggregate, streams);
  const past = history(ports, documentAggregate, streams);
  const id = randomUUID() as DocumentId;
  const members = new Map<string, MemberId>();
  const memberOf = (name: string): MemberId => {
    const member = members.get(name) ?? (randomUUID() as MemberId);
    members.set(name, member);
    return member;
  };
  const send = async (who: string, command: DocumentCommand) => {
    const principal = {
      tenant: acme,
      member: memberOf(who),
      roles: ['owner'],
      groups: [],
    } as const;
    const meta = {
      tenant: acme,
      principal,
      commandId: randomUUID() as CommandId,
      commandHash: createHash('sha256').update('x').digest(),
      correlationId: randomUUID(),
    };
    const { revision, state } = await runAsTenant(acme, () => handle(id, command, meta));
    assert.ok('content' in state);
    return { revision, sections: sectionsOf(state), state };
  };
  const viewing = async (later = 0) => {
    const current = documentConflicts(conflictFinder(ports));
    const view = { ...current, version: current.version + later };
    const process = await projector(t, world, [view], { definitions: eventTypes });
    return { ...process, view, caughtUp: () => caughtUp(world, process, [view]) };
  };
  type Viewing = Awaited<ReturnType<typeof viewing>>;

  return {
    world,
    viewing,
    memberOf,
    send,
    type: (who: string, ...changes: Change[]) =>
      send(who, {
        type: 'AcceptChanges',
        actor: changes[0]!.chunk.actor,
        changes,
        group: randomUUID(),
      }),
    /** A client that has everything that happened so far. */
    writer: async (name: string, kept?: ForeignWriter): Promise<ForeignWriter> => {
      const writer = kept ?? new ForeignWriter(actorOf(name));
      for (let revision = 1; ; revision++) {
        const event = await runAsTenant(acme, () => past.event(acme, id, revision));
        if (event === undefined) return writer;
        if ('changes' in event.data) writer.take(event.data.changes);
      }
    },
    conflicts: async ({ caughtUp, views }: Viewing) => {
      await caughtUp();
      assert.deepEqual(world.errors, []);
      assert.deepEqual(await world.store.deadLetters(), []);
      const revisions = Array.from({ length: 500 }, (_, revision) => revision);
      return await runAsTenant(acme, () =>
        views.read((tables) => conflictsOfRevisions(tables as never, acme, id, revisions)),
      );
    },
    rows: async ({ caughtUp, view, views }: Viewing): Promise<string> => {
      await caughtUp();
      const dumps: string[] = [];
      for (const { name, key } of view.tables) {
        const order = sql.join(key.map((column) => sql.id(column)));
        const { rows } = await runAsTenant(acme, () =>
          views.read((tables) =>
            sql`select to_jsonb(t) as row from ${sql.id(name)} t order by ${order}`.execute(tables),
          ),
        );
        dumps.push(JSON.stringify(rows));
      }
      return dumps.join('\n');
    },
    totals: async ({ caughtUp, views }: Viewing) => {
      await caughtUp();
      return await runAsNoTenant(() => views.readEveryTenant(conflictTotals));
    },
    id,
  };
}

const create = (markdown: string): DocumentCommand => ({
  type: 'CreateDocument',
  title: 'Plan',
  markdown,
});

test('an edit that met another says which, whose, and what each made of the words', async (t) => {
  const { viewing, send, type, writer, conflicts, memberOf, totals } = await writing(t);
  const { sections } = await send('ada', create('one two three\n'));
  const section = sections[0]!.id;
  const view = await viewing();
  const [hers, his] = [await writer('ada'), await writer('bob')];
  const { revision } = await type('ada', hers.splice(section, 4, 3, 'twain'));
  const met = await type('bob', his.splice(section, 7, 0, 's'));
  const told = await conflicts(view);
  assert.deepEqual([...told.keys()], [met.revision]);
  const [conflict, ...others] = told.get(met.revision) ?? [];
  assert.deepEqual(others, []);
  assert.equal(conflict?.kind, 'words');
  assert.deepEqual(conflict?.words, { before: 'two', mine: 'twos', theirs: 'twain' });
  assert.deepEqual(
    conflict?.with.map(({ revision, actor, type }) => ({ revision, actor, type })),
    [{ revision, actor: memberOf('ada'), type: 'ChangesApplied' }],
  );
  const counted = { edits: 3, words: 1, deleted: 0, split: 0, moved: 0, title: 0 };
  assert.deepEqual(await totals(view), counted);
});

test('undoing the deletion that an edit names brings back what was typed in the section', async (t) => {
  const { viewing, send, type, writer, conflicts } = await writing(t);
  const { sections } = await send('ada', create('one\n# Two\nabc\n'));
  const section = sections[1]!.id;
  const view = await viewing();
  const his = await writer('bob');
  await send('ada', { type: 'EditDocument', edits: [{ type: 'deleteSection', section }] });
  const { revision, sections: left } = await type('bob', his.splice(section, 9, 0, 'def'));
  assert.deepEqual(
    left.map(({ text }) => text),
    ['one\n'],
  );
  const [conflict] = (await conflicts(view)).get(revision) ?? [];
  assert.deepEqual([conflict?.kind, conflict?.bringBack?.action], ['deleted', 'undo']);
  const group = conflict!.bringBack!.group;
  const { sections: back } = await send('ada', { type: 'UndoGroup', scope: 'mine', group });
  assert.deepEqual(
    back.map(({ text }) => text),
    ['one\n', '# Two\nabcdef\n'],
  );
});

test('in a branch only what its own authors had not seen is told', async (t) => {
  const original = await writing(t);
  const { state, revision } = await original.send('ada', create('one two three\n'));
  const { send, type, conflicts, viewing } = await writing(t, original.world);
  const view = await viewing();
  const { sections, state: begun } = await send('ada', {
    type: 'BranchDocument',
    of: { document: original.id, revision },
    title: 'A branch',
    access: state.access,
    folder: null,
    inherited: inheritedFrom(state),
  });
  const section = sections[0]!.id;
  const branch = settled(begun.content).replica.getChanges([]);
  const [hers, his] = [new ForeignWriter(actorOf('ada')), new ForeignWriter(actorOf('bob'))];
  for (const one of [hers, his]) one.take(branch);
  await type('ada', hers.splice(section, 0, 3, 'ONE'));
  assert.deepEqual(await conflicts(view), new Map());
  const { revision: last } = await type('bob', his.splice(section, 3, 0, 's'));
  assert.deepEqual(
    (await conflicts(view)).get(last)?.map(({ kind, words }) => [kind, words?.theirs]),
    [['words', 'ONE']],
  );
});

test('of an erased document the view says nothing but that somebody edited', async (t) => {
  const { world, viewing, send, type, writer, rows, id } = await writing(t);
  const { sections } = await send('ada', create('secret word\n'));
  const section = sections[0]!.id;
  const [hers, his] = [await writer('ada'), await writer('bob')];
  await type('ada', hers.splice(section, 0, 6, 'hidden'));
  await type('bob', his.splice(section, 0, 6, 'covert'));
  const before = await viewing();
  assert.match(await rows(before), /secret.*covert|covert.*secret/);
  await before.engine.stop();
  await world.sealer.destroy(acme, `document:${id}`);
  const after = await viewing(1);
  const [told, heads, counts] = (await rows(after)).split('\n');
  assert.deepEqual([told, heads], ['[]', '[]']);
  assert.match(counts ?? '', /"kind":"edits","count":3|"count":3,"kind":"edits"/);
});

test('a view that is built anew, in one go, has the very rows of one that followed', async (t) => {
  const { world, viewing, send, type, writer, rows, conflicts, totals } = await writing(t);
  const random = seededRandom(7);
  const { sections, state } = await send('ada', create('one two three\nfour five six\n'));
  const section = sections[0]!.id;
  const begun = restorePointOf(state);
  const names = ['ada', 'bob', 'eve'];
  const writers = await Promise.all(names.map((name) => writer(name)));
  const view = await viewing();
  for (let left = 40; left > 0; left--) {
    const who = random.below(3);
    const name = names[who]!;
    const dice = random.below(10);
    if (dice === 0) {
      const edits = [{ type: 'splitSection', section, at: 14 }] as const;
      await send(name, { type: 'EditDocument', edits });
    } else if (dice === 1) {
      await send(name, { type: 'UndoGroup', scope: 'document' }).catch(() => undefined);
    } else if (dice === 2) {
      await send(name, { type: 'RestoreDocument', to: begun, revision: 1 });
    } else if (dice === 3) await writer(name, writers[who]);
    else {
      const length = writers[who]!.lengthOf(section)!;
      const at = random.below(length + 1);
      const deleted = Math.min(random.below(4), length - at);
      await type(name, writers[who]!.splice(section, at, deleted, ['x', ' ', 'yy z'][dice % 3]));
    }
    // Now and then alone in its batch.
    if (random.below(3) === 0) await view.caughtUp();
  }
  const followed = await rows(view);
  const told = await conflicts(view);
  assert.ok(told.size > 5, `there were conflicts: ${told.size}`);
  const counted = await totals(view);
  await world.store.begin(view.view);
  await view.engine.stop();
  const anew = await viewing();
  await eventually(async () => {
    const standings = await world.store.standings([anew.view]);
    return standings.every(({ registered }) => registered);
  });
  assert.equal(await rows(anew), followed);
  assert.deepEqual(await totals(anew), counted);
});
