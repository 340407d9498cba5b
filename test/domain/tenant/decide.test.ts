import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLATFORM, type PlanId } from '#domain/ids.ts';
import { type RegisterTenant, tenantAggregate } from '#domain/tenant/decide.ts';
import { type TenantEvent, tenantEvents } from '#domain/tenant/events.ts';
import { TimeZone } from '#domain/tenant/time-zone.ts';
import { acme, given, memberNamed, operator, principal } from '#test/support/given.ts';

const starter = 'starter' as PlanId;
const business = 'business' as PlanId;
const berlin = TimeZone.parse('Europe/Berlin');
const byOperator = { principal: operator };
const byOwner = { principal: principal('olivia', 'owner') };
const ada = memberNamed('ada');
const bob = memberNamed('bob');

const register: RegisterTenant = {
  type: 'RegisterTenant',
  tenantId: acme,
  name: 'Acme',
  plan: starter,
  planPublished: true,
};
const registered: TenantEvent = {
  type: 'TenantRegistered',
  data: { tenantId: acme, name: 'Acme', plan: starter, timeZone: 'UTC', packs: [] },
};
const suspended: TenantEvent = { type: 'TenantSuspended', data: {} };
const offboarded: TenantEvent = { type: 'TenantOffboarded', data: {} };
const listed = (memberId = ada, revision = 0): TenantEvent => ({
  type: 'OwnerListed',
  data: { memberId, revision },
});
const released = (memberId = ada, revision = 0): TenantEvent => ({
  type: 'OwnerReleased',
  data: { memberId, revision },
});
const list = (memberId = ada, revision = 0) => ({ type: 'ListOwner', memberId, revision }) as const;
const release = (memberId = ada, revision = 0) =>
  ({ type: 'ReleaseOwner', memberId, revision }) as const;

const tenant = (...history: TenantEvent[]) => given(tenantAggregate.decider, ...history);

test('a tenant is registered in UTC and without packs unless it says otherwise', () => {
  tenant().when(register, byOperator).happens(registered);
  tenant()
    .when({ ...register, timeZone: berlin, region: 'eu', packs: ['hipaa'] }, byOperator)
    .happens({
      type: 'TenantRegistered',
      data: {
        tenantId: acme,
        name: 'Acme',
        plan: starter,
        timeZone: 'Europe/Berlin',
        region: 'eu',
        packs: ['hipaa'],
      },
    });
});

test('registering the same tenant twice is nothing, and another under its id is refused', () => {
  tenant().when(register, byOperator).twice();
  tenant(registered)
    .when({ ...register, name: 'Other' }, byOperator)
    .isRejected('tenant/already-exists');
});

test('the platform cannot be a customer', () => {
  tenant()
    .when({ ...register, tenantId: PLATFORM }, byOperator)
    .isRejected('tenant/reserved');
});

test('a tenant needs a plan that was published', () => {
  tenant()
    .when({ ...register, planPublished: false }, byOperator)
    .isRejected('plan/not-found');
  tenant(registered)
    .when({ type: 'UpdateTenant', plan: business, planPublished: false }, byOperator)
    .isRejected('plan/not-found');
});

test('an update says only what changed, and a plan is an event of its own', () => {
  const update = {
    type: 'UpdateTenant',
    name: 'Acme',
    timeZone: berlin,
    plan: business,
    planPublished: true,
  } as const;
  tenant(registered)
    .when(update, byOperator)
    .happens(
      { type: 'TenantUpdated', data: { timeZone: 'Europe/Berlin' } },
      { type: 'TenantPlanned', data: { plan: business } },
    );
  tenant(registered).when(update, byOperator).twice();
  tenant(registered).when({ type: 'UpdateTenant', plan: starter }, byOperator).nothingHappens();
});

test('a tenant is suspended and resumed, once each', () => {
  const suspend = { type: 'SuspendTenant', reason: 'unpaid' } as const;
  tenant(registered)
    .when(suspend, byOperator)
    .happens({ type: 'TenantSuspended', data: { reason: 'unpaid' } });
  tenant(registered).when(suspend, byOperator).twice();
  tenant(registered, suspended).when({ type: 'ResumeTenant' }, byOperator).twice();
  tenant(registered).when({ type: 'ResumeTenant' }, byOperator).nothingHappens();
});

test('an offboarded tenant never changes again', () => {
  tenant(registered).when({ type: 'OffboardTenant' }, byOperator).twice();
  const gone = tenant(registered, offboarded);
  gone.when({ type: 'ResumeTenant' }, byOperator).isRejected('tenant/offboarded');
  gone.when({ type: 'SuspendTenant' }, byOperator).isRejected('tenant/offboarded');
  gone.when({ type: 'UpdateTenant', name: 'A' }, byOperator).isRejected('tenant/offboarded');
  gone.when(list(), byOperator).isRejected('tenant/offboarded');
});

test('nothing can be done with a tenant that is not there', () => {
  tenant().when({ type: 'SuspendTenant' }, byOperator).isRejected('tenant/not-found');
  tenant().when({ type: 'OffboardTenant' }, byOperator).isRejected('tenant/not-found');
  tenant().when({ type: 'UpdateTenant' }, byOperator).isRejected('tenant/not-found');
  tenant().when(list(), byOperator).isRejected('tenant/not-found');
});

test('only the operator rules tenants, not even an owner his own', () => {
  tenant().when(register, byOwner).isRejected('right/missing');
  for (const type of ['UpdateTenant', 'SuspendTenant', 'ResumeTenant', 'OffboardTenant'] as const) {
    tenant(registered).when({ type }, byOwner).isRejected('right/missing');
  }
});

test('the last owner is not released, and one of two is', () => {
  tenant(registered, listed(ada)).when(release(ada), byOwner).isRejected('tenant/last-owner');
  tenant(registered, listed(ada), listed(bob)).when(release(ada), byOwner).happens(released(ada));
});

test('of two owners who leave at once, one stays', () => {
  tenant(registered, listed(ada), listed(bob), released(ada))
    .when(release(bob), byOwner)
    .isRejected('tenant/last-owner');
});

test('listing and releasing twice is nothing', () => {
  tenant(registered).when(list(ada), byOwner).twice();
  tenant(registered, listed(ada), listed(bob)).when(release(ada), byOwner).twice();
});

test('an owner whom the list misses is released only when another one is listed', () => {
  tenant(registered).when(release(ada, 3), byOwner).isRejected('tenant/last-owner');
  tenant(registered, listed(bob)).when(release(ada, 3), byOwner).happens(released(ada, 3));
});

test('late news of an ownership that was released since do not bring it back', () => {
  const history = [registered, listed(ada, 0), listed(bob, 0), released(ada, 4)];
  tenant(...history)
    .when(list(ada, 4), byOwner)
    .nothingHappens();
  tenant(...history)
    .when(list(ada, 6), byOwner)
    .happens(listed(ada, 6));
});

test('only those who may make owners list and release them', () => {
  const byAdmin = { principal: principal('adam', 'admin') };
  tenant(registered).when(list(), byAdmin).isRejected('right/above-own');
  tenant(registered, listed(ada), listed(bob))
    .when(release(), byAdmin)
    .isRejected('right/above-own');
});

test('a time zone is one that exists and knows summer time', () => {
  for (const name of ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires']) {
    assert.ok(TimeZone.safeParse(name).success, name);
  }
  for (const name of ['', 'Mars/Olympus', '+02:00', 'Europe/Berlin ', 'x'.repeat(100)]) {
    assert.ok(!TimeZone.safeParse(name).success, name);
  }
});

test('what is decided fits the schemas that it is stored under', () => {
  const all: TenantEvent[] = [registered, suspended, offboarded, listed(), released()];
  for (const { type, data } of all) assert.deepEqual(tenantEvents[type].schema.parse(data), data);
});
