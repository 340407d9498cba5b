import type { Transaction } from 'kysely';
import { contentEvents, documentEvents } from '#domain/document/events.ts';
import type { StreamName } from '#domain/stream.ts';
import { type Following, type Run, follow } from './concurrent-edits.ts';
import { type Counting, conflictCounts, count } from './conflict-counts.ts';
import type { ConflictFinder } from './conflict-finder.ts';
import { type Row, followedIn, forget, heads, keyOf, rowOf, save } from './conflict-rows.ts';
import type { Projection } from './projection.ts';
import type { Change } from './table-rows.ts';
import { type ToldConflict, toldConflicts } from './told-conflicts.ts';

/** `DocumentCreated` tells when a document is erased. */
const opened = new Set<string>(['DocumentCreated', 'ContentInherited', ...contentEvents]);

/**
 * Keeps `document_conflicts`: which edits met others that neither author had seen. Whoever writes on
 * top of everything costs a look at the heads of the document, which `document_heads` holds.
 */
export const documentConflicts = (finder: ConflictFinder): Projection => ({
  name: 'document_conflicts',
  version: 1,
  // A batch costs as much as twenty keystrokes in it, and nobody reads this letter by letter.
  restMs: 1_000,
  tables: [
    {
      name: 'document_conflicts',
      columns: `document_id uuid not null, revision integer not null, changes integer not null,
        actor uuid not null, type text not null, edit_group uuid, conflicts jsonb`,
      key: ['document_id', 'revision'],
      // Else finding the edit of a change would read all that ever happened to its document.
      indexes: [
        '(tenant_id, document_id, changes, revision)',
        '(tenant_id, document_id, revision) where conflicts is not null',
      ],
    },
    {
      name: 'document_heads',
      columns: `document_id uuid not null, revision integer not null, changes integer not null,
        heads jsonb not null`,
      key: ['document_id'],
    },
    conflictCounts,
  ],
  // Of every event at least the header, so that no revision goes by unseen.
  needs: (type) => {
    if (opened.has(type)) return 'body';
    return Object.hasOwn(documentEvents, type) ? 'header' : 'nothing';
  },
  handle: async (events, tables) => {
    const streams = [...Map.groupBy(events, ({ header }) => header.stream)];
    const followed = await followedIn(tables, streams);
    const taken: Taken[] = [];
    for (const [stream, ofDocument] of streams) {
      if (ofDocument.some(({ erased }) => erased === true)) await forget(tables, stream);
      else {
        const following = await follow(finder, stream, ofDocument, followed.get(stream));
        taken.push(takenOf(stream, following));
      }
    }
    // Before conflicts are told: those of these very events refer to them.
    await save(
      tables,
      taken.flatMap(({ written }) => [...written.values()]),
    );
    await heads.save(
      tables,
      taken.flatMap(({ head }) => head),
    );
    for (const one of taken) if (one.runs.length > 0) await tellConflicts(finder, tables, one);
    // Also of what was erased: that somebody edited stays known.
    const edits = events.filter(({ type }) => type === 'ChangesApplied');
    await count(
      tables,
      edits.map(({ header }) => ({ tenant: header.tenant, kind: 'edits' })),
    );
  },
});

/** What a batch of events makes of one document. */
type Taken = {
  readonly stream: StreamName;
  readonly written: ReadonlyMap<number, Row>;
  readonly head: readonly Change[];
  readonly runs: readonly Run[];
};

function takenOf(stream: StreamName, { followed, counted, runs }: Following): Taken {
  const key = keyOf(stream);
  const written = new Map(counted.map((one) => [one.event.header.revision, rowOf(key, one)]));
  // Nothing is left of an erased document, whatever comes of it later.
  const head =
    followed.changes === 0 ? [] : [{ before: undefined, after: { ...key, ...followed } }];
  return { stream, written, head, runs };
}

async function tellConflicts(
  finder: ConflictFinder,
  tables: Transaction<unknown>,
  { stream, written, runs }: Taken,
): Promise<void> {
  const told = await conflictsIn(finder, tables, stream, runs);
  const meeting = [...told].map(([revision, conflicts]) =>
    Object.assign({}, written.get(revision)!, { conflicts }),
  );
  await save(tables, meeting);
  const { tenant_id: tenant } = keyOf(stream);
  await count(
    tables,
    meeting.flatMap(({ conflicts }) => distinctKinds(conflicts).map((kind) => ({ tenant, kind }))),
  );
}

async function conflictsIn(
  finder: ConflictFinder,
  tables: Transaction<unknown>,
  stream: StreamName,
  runs: readonly Run[],
): Promise<ReadonlyMap<number, readonly ToldConflict[]>> {
  const found = new Map<number, readonly ToldConflict[]>();
  for (const { revision, edits } of runs) {
    const conflicts = (await finder.conflictsAt(stream, revision, edits)) ?? [];
    const told = await toldConflicts(tables, keyOf(stream), conflicts);
    edits.forEach((edit, index) => {
      const ofEdit = told[index] ?? [];
      if (ofEdit.length > 0) found.set(edit.revision, ofEdit);
    });
  }
  return found;
}

const distinctKinds = (conflicts: readonly ToldConflict[]): Counting[] =>
  Array.from(new Set(conflicts.map(({ kind }) => kind)));
