import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventStoreProcess } from '#test/support/eventstore/process.ts';
import { emptyHome } from '#test/support/process.ts';
import { killProjectors } from './kill-nine/kill-projectors.ts';

// The long form: npm run faults -- --projectors
for (const log of ['Postgres', 'EventStoreDB']) {
  test(`views are whole after projectors were killed under load, with the log in ${log}`, async (t) => {
    const home = await emptyHome(t);
    const eventStoreUrl = log === 'Postgres' ? undefined : await eventStoreProcess(t);
    const { figures, wrong, verify } = await killProjectors(home, {
      seconds: 8,
      everyMs: 3_000,
      clients: 3,
      seed: 5,
      ...(eventStoreUrl && { eventStoreUrl }),
    });
    t.diagnostic(JSON.stringify(figures));
    assert.deepEqual(wrong.slice(0, 20), []);
    assert.equal(verify.code, 0, verify.output);
    assert.ok((figures['kills'] ?? 0) >= 1);
  });
}
