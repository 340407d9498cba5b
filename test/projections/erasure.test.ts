import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { DomainEvent, Subject } from '#domain/event.ts';
import { eventTypes } from '#domain/event-types.ts';
import { streamOf } from '#domain/stream.ts';
import { openEvents } from '#infra/crypto/open-events.ts';
import { projections } from '#projections/all.ts';
import type { Projection } from '#projections/projection.ts';
import { goldenMasterKey, keyStoreOf, readGoldens, recorded } from '#test/support/golden.ts';
import {
  type Process,
  type World,
  append,
  caughtUp,
  projectionWorld,
  projector,
} from '#test/support/projections.ts';
import { acme, testSealer } from '#test/support/sealing.ts';

const ID = 'c1b5f3a0-5d0e-5f6b-9b0a-2f6a3c9d7e11';
/** What people wrote, in the golden events that have every field. */
const PROSE = 'Grüße, 世界 🪶';
const destructive = /Deleted$|Removed$|Archived$|Revoked$/;

/** One event of every type there is, in the order of the slices. */
async function everyEvent(): Promise<DomainEvent[]> {
  const events = new Map<string, DomainEvent>();
  for (const golden of await readGoldens()) {
    const sealer = testSealer({ store: await keyStoreOf(golden), masterKey: goldenMasterKey });
    const opened = await openEvents(sealer, recorded(golden));
    const { event } = opened[1] ?? opened[0]!;
    if (event.erased === undefined) events.set(event.type, { type: event.type, data: event.data });
  }
  return Object.keys(eventTypes).map(
    (type) => events.get(type) ?? assert.fail(`no golden ${type}`),
  );
}

/** Marks the prose of each event, so that it can be recognised wherever it ends up. */
function marked(value: unknown, mark: string): unknown {
  if (typeof value === 'string') return value.replaceAll(PROSE, mark);
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => marked(one, mark));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, marked(one, mark)]));
}

async function rowsOf({ views }: Process, { tables }: Projection): Promise<string> {
  return await views.readEveryTenant(async (tx) => {
    const dumps = tables.map(async ({ name }) => {
      const { rows } = await sql`select to_jsonb(t) as row from ${sql.id(name)} t`.execute(tx);
      return JSON.stringify(rows);
    });
    return (await Promise.all(dumps)).join('\n');
  });
}

async function projected(t: Parameters<typeof projectionWorld>[0], world: World, one: Projection) {
  const process = await projector(t, world, [one], { definitions: eventTypes });
  await caughtUp(world, process, [one]);
  assert.deepEqual(world.errors, []);
  assert.deepEqual(await world.store.deadLetters(), []);
  const rows = await rowsOf(process, one);
  await process.engine.stop();
  return rows;
}

for (const projection of projections) {
  test(`${projection.name} shows nothing of what was erased when it is built anew`, async (t) => {
    const world = await projectionWorld(t);
    const subjects = new Set<Subject>();
    const isSealed = (type: string) =>
      eventTypes[type]!.subject({ id: ID }, { memberId: ID }) !== undefined;
    const write = async ({ type, data }: DomainEvent) => {
      const { kind, subject } = eventTypes[type]!;
      const event = { type, data: marked(data, `<${type}>`) as object };
      const of = subject({ id: ID }, event.data);
      if (of !== undefined) subjects.add(of);
      const id = kind === 'api-key' ? '0123456789abcdef' : ID;
      await append(world, streamOf(acme, kind, id), event);
    };
    const types = Object.keys(eventTypes).filter(isSealed);
    const shownIn = (rows: string) => types.filter((type) => rows.includes(`<${type}>`));

    const [destroying, building] = partition(await everyEvent(), ({ type }) =>
      destructive.test(type),
    );
    for (const event of building) await write(event);
    const before = await projected(t, world, projection);
    const opens = types.some((type) => projection.needs(type) === 'body');
    assert.equal(shownIn(before).length > 0, opens, 'what was not shown cannot be erased');

    for (const event of destroying) await write(event);
    for (const subject of subjects) await world.sealer.destroy(acme, subject);
    const anew = { ...projection, version: projection.version + 1 };
    const after = await projected(t, world, anew);
    assert.deepEqual(shownIn(after), [], 'content of erased events is in the rows');
  });
}

function partition<T>(values: readonly T[], isFirst: (value: T) => boolean): [T[], T[]] {
  return [values.filter(isFirst), values.filter((value) => !isFirst(value))];
}
