import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#infra/system/clock.ts';
import type { Projection } from '#projections/projection.ts';
import { reachedBy } from '#projections/reached.ts';
import {
  type Process,
  type World,
  newDocument,
  note,
  projectionWorld,
  projector,
  readSum,
  sums,
} from '#test/support/projections.ts';
import { acme } from '#test/support/sealing.ts';

const caughtUp = async (
  { store, log }: World,
  { progress }: Process,
  projections: readonly Projection[],
  tenant = acme,
) => {
  const reached = reachedBy({ store, clock: systemClock, projections, progress });
  const names = projections.map(({ name }) => name);
  assert.ok(await reached(tenant, names, await log.head(), AbortSignal.timeout(10_000)));
};

test('a view shows what was in the log before it began and what came after', async (t) => {
  const world = await projectionWorld(t);
  const document = newDocument();
  await note(world, document, { by: 2 });
  await note(world, document);
  const projections = [sums()];
  const process = await projector(t, world, projections);
  await caughtUp(world, process, projections);
  assert.deepEqual(await readSum(process.views, document), { sum: 2, events: 1, erased: false });
  await note(world, document, { by: 3 });
  await caughtUp(world, process, projections);
  assert.deepEqual(await readSum(process.views, document), { sum: 5, events: 2, erased: false });
  assert.deepEqual(world.errors, []);
});
