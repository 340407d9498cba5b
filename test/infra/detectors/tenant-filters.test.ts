import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DetectorSettings } from '#domain/compliance/policy/events.ts';
import type { PolicyId, TenantId } from '#domain/ids.ts';
import { tenantFilters } from '#infra/detectors/tenant-filters.ts';
import { manualClock } from '#test/support/manual-clock.ts';
import { secretSamples } from '#test/support/secret-samples.ts';

type Published = {
  readonly version: number;
  readonly inForce: boolean;
  readonly phrases: string[];
};

/** Tenants with a policy of one deny list each. */
function tenants() {
  const published = new Map<string, Published>();
  const clock = manualClock();
  const counts = { listed: 0, found: 0 };
  const of = (tenant: TenantId) => published.get(tenant);
  const filterFor = tenantFilters({
    listed: (tenant) => {
      counts.listed += 1;
      const one = of(tenant);
      return Promise.resolve(one ? [{ id: 'names' as PolicyId, ...one }] : []);
    },
    find: (tenant) => {
      counts.found += 1;
      const { version, phrases } = of(tenant)!;
      const actions = { answer: 'redact' } as const;
      const detectors: DetectorSettings[] = [
        { detector: 'deny-list', name: 'all', phrases, actions },
      ];
      return Promise.resolve({ version, detectors });
    },
    clock,
  });
  const shown = async (tenant: string, text: string) => {
    const filter = await filterFor(tenant as TenantId);
    return (await filter.whole('answer', text)).text;
  };
  return { published, clock, counts, filterFor, shown };
}

test('a tenant without policies has its secrets redacted', async () => {
  const { shown, filterFor } = tenants();
  assert.equal(await shown('acme', secretSamples[1]!), '[redacted]');
  assert.equal((await filterFor('acme' as TenantId)).version, 'secrets-1+deny-lists-1+default.0');
});

test('a tenant’s list holds for that tenant alone', async () => {
  const { published, shown } = tenants();
  published.set('acme', { version: 1, inForce: true, phrases: ['nightfall'] });
  assert.equal(await shown('acme', 'nightfall'), '[redacted]');
  assert.equal(await shown('other', 'nightfall'), 'nightfall');
});

test('a new version is in force a second later, and a withdrawn one no longer', async () => {
  const { published, clock, counts, shown } = tenants();
  published.set('acme', { version: 1, inForce: true, phrases: ['one'] });
  assert.equal(await shown('acme', 'one two'), '[redacted] two');
  published.set('acme', { version: 2, inForce: true, phrases: ['two'] });
  assert.equal(await shown('acme', 'one two'), '[redacted] two');
  await clock.advance(1_000);
  assert.equal(await shown('acme', 'one two'), 'one [redacted]');
  await clock.advance(1_000);
  assert.equal(await shown('acme', 'one two'), 'one [redacted]');
  assert.deepEqual(counts, { listed: 3, found: 2 });
  published.set('acme', { version: 2, inForce: false, phrases: ['two'] });
  await clock.advance(1_000);
  assert.equal(await shown('acme', 'one two'), 'one two');
});

test('policies that cannot be read are an error, and are asked for again', async () => {
  let fails = true;
  const filterFor = tenantFilters({
    listed: () => (fails ? Promise.reject(new Error('no database')) : Promise.resolve([])),
    find: () => Promise.resolve(undefined),
    clock: manualClock(),
  });
  await assert.rejects(filterFor('acme' as TenantId), /no database/);
  fails = false;
  assert.ok((await filterFor('acme' as TenantId)).version);
});
