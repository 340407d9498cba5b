import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MemberId, OPERATOR, SYSTEM } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import {
  actions,
  assertMay,
  assertMayGrant,
  grantableBy,
  mayDo,
  reachOf,
  reachOfRole,
  roles,
  rolesOfKey,
} from '#domain/rights.ts';
import { acme, memberNamed, operator, principal } from '#test/support/given.ts';

// Written by hand from the roles' descriptions, not from the source: for each role, everything
// that it may do. What is not here, it may not do.
const everyDocument = [
  'document.create',
  'document.read',
  'document.comment',
  'document.edit',
  'document.manage',
  'document.version',
  'document.restore',
];
const people = ['member.read', 'member.invite', 'member.change', 'member.deactivate'];
const groupsAndKeys = [
  'group.read',
  'group.manage',
  'api-key.read',
  'api-key.issue',
  'api-key.revoke',
  'identity-provider.read',
  'identity-provider.manage',
  'provider-key.read',
  'provider-key.manage',
  'budget.read',
  'budget.manage',
  'webhook.read',
  'webhook.manage',
  'policy.read',
  'usage.read',
  'forecast.read',
  'policy.publish',
];
const ownGenerations = ['generation.read', 'generation.cancel', 'generation.outcome'];
const auditing = ['audit.read', 'event-types.read'];

const may: Record<string, { all: string[]; shared: string[] }> = {
  owner: {
    all: [
      ...everyDocument,
      'generation.request',
      ...ownGenerations,
      ...people,
      ...groupsAndKeys,
      ...auditing,
    ],
    shared: [],
  },
  admin: {
    all: ['document.create', 'generation.request', ...people, ...groupsAndKeys, ...auditing],
    shared: [
      ...ownGenerations,
      'document.read',
      'document.comment',
      'document.edit',
      'document.manage',
      'document.version',
      'document.restore',
    ],
  },
  editor: {
    all: [...everyDocument, 'generation.request'],
    shared: [...ownGenerations, 'usage.read'],
  },
  author: {
    all: ['document.create', 'generation.request'],
    shared: [
      ...ownGenerations,
      'usage.read',
      'document.read',
      'document.comment',
      'document.edit',
      'document.manage',
      'document.version',
      'document.restore',
    ],
  },
  reviewer: {
    all: ['policy.read'],
    shared: ['document.read', 'document.comment', 'generation.read', 'usage.read'],
  },
  viewer: {
    all: [],
    shared: ['document.read', 'document.comment', 'generation.read', 'usage.read'],
  },
  auditor: {
    all: [
      'document.read',
      'generation.read',
      'member.read',
      'group.read',
      'api-key.read',
      'identity-provider.read',
      'provider-key.read',
      'budget.read',
      'webhook.read',
      'policy.read',
      'usage.read',
      'forecast.read',
      ...auditing,
    ],
    shared: [],
  },
  operator: {
    all: [
      'tenant.read',
      'tenant.register',
      'tenant.update',
      'tenant.suspend',
      'tenant.offboard',
      'tenant.first-owner',
      'plan.read',
      'plan.publish',
      'provider.read',
      'provider.publish',
      'generation.adjust',
      'provider-key.manage',
      'projections.read',
      'projections.operate',
      'api-key.issue',
      ...auditing,
    ],
    shared: [],
  },
};

test('every cell of the table of rights is as written here', () => {
  const expected = actions.flatMap((action) =>
    roles.map((role) => {
      const reach = may[role]?.all.includes(action)
        ? 'all'
        : may[role]?.shared.includes(action)
          ? 'shared'
          : 'none';
      return `${role} ${action} ${reach}`;
    }),
  );
  const actual = actions.flatMap((action) =>
    roles.map((role) => `${role} ${action} ${reachOfRole(role, action)}`),
  );
  assert.deepEqual(actual, expected);
});

test('the table has no action that is not described here, and lacks none', () => {
  const described = Object.values(may).flatMap(({ all, shared }) => all.concat(shared));
  assert.deepEqual([...actions].sort(), [...new Set(described)].sort());
});

test('no role that writes documents or people is an auditor, and an auditor writes nothing', () => {
  const auditor = principal('audrey', 'auditor');
  const allowed = actions.filter((action) => mayDo(auditor, action));
  assert.deepEqual(
    allowed.filter((action) => !action.endsWith('.read')),
    [],
  );
});

test('of several roles the one that reaches furthest counts', () => {
  assert.equal(reachOf(principal('ada', 'viewer', 'author'), 'document.edit'), 'shared');
  assert.equal(reachOf(principal('ada', 'author', 'editor'), 'document.edit'), 'all');
  assert.equal(reachOf(principal('ada', 'viewer', 'reviewer'), 'document.edit'), 'none');
  assert.equal(reachOf(principal('nobody'), 'document.read'), 'none');
});

test('the role operator counts for the operator and for Palimpsest itself, and for no member', () => {
  assert.ok(mayDo(operator, 'tenant.register'));
  const as = (member: MemberId) => ({ ...operator, member, tenant: acme });
  assert.ok(mayDo(as(SYSTEM), 'plan.publish'));
  assert.ok(mayDo(as(OPERATOR), 'plan.publish'));
  assert.ok(!mayDo(as(memberNamed('mallory')), 'plan.publish'));
  assert.deepEqual(grantableBy(as(memberNamed('mallory'))), []);
});

test('a missing right is refused with the action that was asked for', () => {
  assert.throws(
    () => assertMay(principal('vic', 'viewer'), 'member.invite'),
    (error) =>
      error instanceof Rejected &&
      error.code === 'right/missing' &&
      error.details['action'] === 'member.invite',
  );
});

test('an owner grants every role of the tenant, an admin all but owner, others none', () => {
  const all = ['owner', 'admin', 'editor', 'author', 'reviewer', 'viewer', 'auditor'];
  assert.deepEqual(grantableBy(principal('olivia', 'owner')), all);
  assert.deepEqual(grantableBy(operator), all);
  assert.deepEqual(grantableBy(principal('adam', 'admin')), all.slice(1));
  assert.deepEqual(grantableBy(principal('eve', 'editor', 'auditor')), []);
});

test('nobody grants the role operator, and an admin no owner', () => {
  const isAbove = (error: unknown) => error instanceof Rejected && error.code === 'right/above-own';
  assert.throws(() => assertMayGrant(principal('olivia', 'owner'), ['operator']), isAbove);
  assert.throws(() => assertMayGrant(operator, ['operator']), isAbove);
  assert.throws(() => assertMayGrant(principal('adam', 'admin'), ['viewer', 'owner']), isAbove);
  assert.doesNotThrow(() => assertMayGrant(principal('adam', 'admin'), ['admin', 'auditor']));
});

test('a key never has a role that its member has lost', () => {
  assert.deepEqual(rolesOfKey(['owner', 'viewer'], ['viewer', 'editor']), ['viewer']);
  assert.deepEqual(rolesOfKey(['viewer'], []), []);
});
