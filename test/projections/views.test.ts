import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { Transaction } from 'kysely';
import type { AccessList } from '#domain/document/events.ts';
import { eventTypes } from '#domain/event-types.ts';
import {
  type DocumentId,
  type GroupId,
  type IdentityProviderId,
  type MemberId,
  PLATFORM,
  type TenantId,
} from '#domain/ids.ts';
import type { Principal, Role } from '#domain/rights.ts';
import { streamOf } from '#domain/stream.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import { projections } from '#projections/all.ts';
import { listApiKeys } from '#projections/api-keys.ts';
import { commentsOn } from '#projections/document-comments.ts';
import { listDocuments } from '#projections/listed-documents.ts';
import { outcomesOn, suggestionsOn } from '#projections/document-suggestions.ts';
import { documentTimelineOf } from '#projections/document-timeline.ts';
import { versionsOf } from '#projections/document-versions.ts';
import { groupsOf, listGroups } from '#projections/groups.ts';
import { listIdentityProviders } from '#projections/identity-providers.ts';
import { listMembers } from '#projections/members.ts';
import type { After, Page } from '#projections/page.ts';
import { listPlans } from '#projections/plans.ts';
import { listTenants } from '#projections/tenants.ts';
import { append, caughtUp, projectionWorld, projector } from '#test/support/projections.ts';
import { acme, umbra } from '#test/support/sealing.ts';

const memberId = () => randomUUID() as MemberId;
const nobody: AccessList = { members: {}, groups: {} };

async function views(t: TestContext) {
  const world = await projectionWorld(t);
  const process = await projector(t, world, projections, { definitions: eventTypes });
  const happens =
    (kind: Parameters<typeof streamOf>[1], id: string, tenant: TenantId = acme) =>
    (type: string, data: object = {}, header: object = {}) =>
      append(world, streamOf(tenant, kind, id), { type, data }, header);
  return {
    happens,
    read: async <T, Tables>(
      work: (tables: Transaction<Tables>) => Promise<T>,
      tenant: TenantId = acme,
    ): Promise<T> => {
      await caughtUp(world, process, projections, tenant);
      assert.deepEqual(await world.store.deadLetters(), []);
      return await runAsTenant(tenant, () => process.views.read(work));
    },
    readEveryTenant: async <T, Tables>(work: (tables: Transaction<Tables>) => Promise<T>) => {
      await caughtUp(world, process, projections);
      return await process.views.readEveryTenant(work);
    },
    document: async (title: string, access = nobody, tenant: TenantId = acme) => {
      const id = randomUUID() as DocumentId;
      const document = happens('document', id, tenant);
      await document('DocumentCreated', { title, actorSeed: randomUUID(), access });
      return { id, happens: document };
    },
  };
}

const principal = (roles: Role[], changes: Partial<Principal> = {}): Principal => ({
  tenant: acme,
  member: memberId(),
  roles,
  groups: [],
  ...changes,
});

const titles = ({ items }: Page<{ title: string }>) => items.map(({ title }) => title).toSorted();
const newest = { archived: false, limit: 50 };

test('a list of documents holds what the member may read, and nothing of other tenants', async (t) => {
  const { document, read } = await views(t);
  const [ada, friends] = [memberId(), randomUUID() as GroupId];
  await document('hers', { members: { [ada]: 'owner' }, groups: {} });
  await document('shared with friends', { members: {}, groups: { [friends]: 'viewer' } });
  await document('for everyone', { ...nobody, everyone: 'viewer' });
  await document('private', { members: { [memberId()]: 'owner' }, groups: {} });
  await document('of umbra', { ...nobody, everyone: 'viewer' }, umbra);
  const seen = async (who: Principal) =>
    titles(await read((tables) => listDocuments(tables, who, newest), who.tenant));

  const author = principal(['author'], { member: ada });
  assert.deepEqual(await seen(author), ['for everyone', 'hers']);
  assert.deepEqual(await seen({ ...author, groups: [friends] }), [
    'for everyone',
    'hers',
    'shared with friends',
  ]);
  assert.deepEqual(await seen(principal(['editor'])), [
    'for everyone',
    'hers',
    'private',
    'shared with friends',
  ]);
  assert.deepEqual(await seen(principal([])), []);
  assert.deepEqual(await seen({ ...author, tenant: umbra }), ['of umbra']);
});

test('a list of documents follows titles, folders, the archive and the newest revision', async (t) => {
  const { document, read } = await views(t);
  const { id, happens } = await document('first');
  const list = async (query: object) =>
    (await read((tables) => listDocuments(tables, principal(['owner']), { ...newest, ...query })))
      .items;
  const change = {
    changes: [],
    group: randomUUID(),
    author: memberId(),
    origin: 'person',
    size: { inserted: 1, deleted: 0 },
    sections: [],
  };
  await happens('ChangesApplied', change);
  await happens('ChangesApplied', { ...change, title: 'second' });
  await happens('DocumentFiled', { folder: 'plans', order: 'a1' });
  await happens('VersionNamed', { name: 'draft', revision: 2 });
  const [item = assert.fail()] = await list({});
  assert.equal(item.id, id);
  assert.deepEqual(
    { title: item.title, folder: item.folder, revision: item.revision },
    { title: 'second', folder: 'plans', revision: 4 },
  );
  assert.match(item.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal((await list({ folder: 'plans' })).length, 1);
  assert.equal((await list({ folder: 'other' })).length, 0);
  await happens('DocumentArchived');
  assert.equal((await list({})).length, 0);
  assert.equal((await list({ archived: true })).length, 1);
  await happens('DocumentUnarchived');
  assert.equal((await list({})).length, 1);
});

test('page by page, every document comes once: newest first, or in the order of its folder', async (t) => {
  const { document, read } = await views(t);
  const orders = ['a2', 'a0', 'Zz', 'a1', 'a0'];
  for (const [index, order] of orders.entries()) {
    const { happens } = await document(`${index}`);
    await happens('DocumentFiled', { folder: 'plans', order });
  }
  const pages = async (query: object) => {
    const items = [];
    for (let after: After | undefined, page = 0; page < 10; page += 1) {
      const paged = { ...newest, ...query, limit: 2, after };
      const answer = await read((tables) => listDocuments(tables, principal(['owner']), paged));
      items.push(...answer.items);
      after = answer.next;
      if (after === undefined) break;
    }
    return items.map(({ title }) => title);
  };
  assert.deepEqual((await pages({})).toSorted(), ['0', '1', '2', '3', '4']);
  const filed = await pages({ folder: 'plans' });
  assert.deepEqual(
    filed.map((title) => orders[Number(title)]),
    ['Zz', 'a0', 'a0', 'a1', 'a2'],
  );
});

test('a timeline says who did what, when, how much and from where, newest first', async (t) => {
  const { document, read } = await views(t);
  const { id, happens } = await document('first');
  const [author, group] = [memberId(), randomUUID()];
  await happens(
    'ChangesApplied',
    {
      changes: [],
      group,
      author,
      origin: 'import',
      size: { inserted: 7, deleted: 2 },
      sections: [],
    },
    { actor: author },
  );
  await happens('VersionNamed', { name: 'draft', revision: 1 });
  await happens('DocumentArchived');
  const page = (after?: After) =>
    read((tables) => documentTimelineOf(tables, acme, id, { after, limit: 2 }));
  const { items, next } = await page();
  assert.deepEqual(
    items.map(({ revision, type, versionName, ofRevision }) => [
      revision,
      type,
      versionName,
      ofRevision,
    ]),
    [
      [3, 'DocumentArchived', null, null],
      [2, 'VersionNamed', 'draft', 1],
    ],
  );
  const rest = await page(next);
  assert.equal(rest.next, undefined);
  const [{ recordedAt: _, ...change } = assert.fail()] = rest.items;
  assert.deepEqual(change, {
    revision: 1,
    actor: author,
    type: 'ChangesApplied',
    origin: 'import',
    group,
    inEffect: null,
    inserted: 7,
    deleted: 2,
    versionName: null,
    ofRevision: null,
    erased: false,
  });
});

test('undo and redo change what a timeline says of every edit of their group', async (t) => {
  const { document, read } = await views(t);
  const { id, happens } = await document('first');
  const other = await document('other');
  const [author, group, later] = [memberId(), randomUUID(), randomUUID()];
  const settled = { changes: [], author, size: { inserted: 0, deleted: 3 }, sections: [] };
  const edit = (group: string, more: object = {}) =>
    ['ChangesApplied', { ...settled, changes: [bytes], group, origin: 'person', ...more }] as const;
  const bytes = Uint8Array.of(1);
  const side = { from: 'a', at: 0, length: 1, to: 'b', before: [], after: [] };
  const inEffect = async (of = id) =>
    (await read((tables) => documentTimelineOf(tables, acme, of, { limit: 20 }))).items.map(
      ({ revision, inEffect }) => `${revision} ${inEffect}`,
    );

  await happens(...edit(group));
  await happens(...edit(group, { cuts: [{ ...side, change: 0 }] }));
  await happens(...edit(later));
  await happens(...edit(group));
  await other.happens(...edit(group));
  const edited = ['4 true', '3 true', '2 null', '1 true', '0 null'];
  assert.deepEqual(await inEffect(), edited);

  await happens('ChangesUndone', { ...settled, group });
  const undone = ['5 null', '4 false', '3 true', '2 null', '1 false', '0 null'];
  assert.deepEqual(await inEffect(), undone);
  assert.deepEqual(await inEffect(other.id), ['1 true', '0 null']);
  await happens('ChangesReconciled', settled);
  await happens('ChangesRedone', { ...settled, group });
  assert.deepEqual(await inEffect(), ['7 null', '6 null', '5 null', ...edited]);

  const { items } = await read((tables) => documentTimelineOf(tables, acme, id, { limit: 3 }));
  assert.deepEqual(
    items.map(({ type, group, deleted, origin }) => [type, group, deleted, origin]),
    [
      ['ChangesRedone', group, 3, null],
      ['ChangesReconciled', null, 3, null],
      ['ChangesUndone', group, 3, null],
    ],
  );
});

const anchor = { revision: 1, actors: ['aa'], runs: [{ actor: 0, from: 3, count: 4 }] };

test('comments are listed as they stand, page by page, of one document only', async (t) => {
  const { happens, read } = await views(t);
  const [document, other] = [randomUUID() as DocumentId, randomUUID() as DocumentId];
  // Made in one instant: their ids decide.
  const ids = Array.from({ length: 3 }, () => randomUUID()).toSorted();
  for (const [n, id] of [...ids, randomUUID()].entries()) {
    const of = n < 3 ? document : other;
    const data = { document: of, author: memberId(), anchor, quoted: 'text', text: String(n) };
    await happens('comment', id)('CommentMade', data);
  }
  const [first = '', second = '', third = ''] = ids;
  await happens('comment', first)('CommentResolved', { document });
  await happens('comment', second)('CommentReplied', {
    document,
    reply: randomUUID(),
    text: 'So?',
  });
  await happens('comment', third)('CommentRemoved', { document });
  const list = (query: object = {}, tenant = acme) =>
    read((tables) => commentsOn(tables, tenant, document, { limit: 1, ...query }), tenant);
  const page = await list();
  const rest = await list({ after: page.next });
  assert.deepEqual(
    [...page.items, ...rest.items].map(({ text, replies, revision }) => [
      text,
      replies.map(({ text }) => text),
      revision,
    ]),
    [
      ['0', [], 1],
      ['1', ['So?'], 1],
    ],
  );
  assert.equal(rest.next, undefined);
  assert.deepEqual((await list({ resolved: true })).items[0]?.text, '0');
  assert.deepEqual((await list({ resolved: false })).items[0]?.text, '1');
  await happens('comment', first)('CommentReopened', { document });
  assert.deepEqual((await list({ resolved: true })).items, []);
  assert.deepEqual((await list({}, umbra)).items, []);
});

test('suggestions are listed with their outcomes, which are counted by origin', async (t) => {
  const { happens, read } = await views(t);
  const document = randomUUID() as DocumentId;
  const suggest = async (origin: string, outcome?: string, data: object = {}) => {
    const suggestion = happens('suggestion', randomUUID());
    const texts = { anchor, quoted: 'text', replacement: 'words' };
    await suggestion('SuggestionMade', { document, author: memberId(), ...texts, origin });
    if (outcome) await suggestion(outcome, { document, ...data });
  };
  const taken = { revision: 4, text: 'words' };
  await suggest('ai:7', 'SuggestionAccepted', { ...taken, extent: 'whole' });
  await suggest('ai:7', 'SuggestionAccepted', { ...taken, extent: 'whole' });
  await suggest('ai:7', 'SuggestionAccepted', { ...taken, extent: 'part', parts: [0] });
  await suggest('ai:8', 'SuggestionEdited', taken);
  await suggest('person', 'SuggestionRejected', { reason: 'No.' });
  await suggest('person');
  const list = (query: object) =>
    read((tables) => suggestionsOn(tables, acme, document, { limit: 10, ...query }));
  const settled = await list({ open: false });
  assert.deepEqual(
    settled.items
      .map(({ origin, outcome, takenAt, reason }) => `${origin} ${outcome} ${takenAt} ${reason}`)
      .toSorted(),
    [
      'ai:7 part 4 null',
      'ai:7 whole 4 null',
      'ai:7 whole 4 null',
      'ai:8 edited 4 null',
      'person rejected null No.',
    ],
  );
  assert.equal((await list({ open: true })).items.length, 1);
  assert.equal((await list({})).items.length, 6);
  const counts = await read((tables) => outcomesOn(tables, acme, document));
  assert.deepEqual(
    counts.map(({ origin, outcome, count }) => `${origin} ${outcome} ${count}`),
    ['ai:7 part 1', 'ai:7 whole 2', 'ai:8 edited 1', 'person open 1', 'person rejected 1'],
  );
});

test('version names come, move and go', async (t) => {
  const { document, read } = await views(t);
  const { id, happens } = await document('first');
  const named = async () =>
    (await read((tables) => versionsOf(tables, acme, id))).map(({ name, revision }) => [
      name,
      revision,
    ]);
  assert.deepEqual(await named(), []);
  await happens('VersionNamed', { name: 'late', revision: 5 });
  await happens('VersionNamed', { name: 'early', revision: 1 });
  assert.deepEqual(await named(), [
    ['early', 1],
    ['late', 5],
  ]);
  await happens('VersionNameRemoved', { name: 'late' });
  assert.deepEqual(await named(), [['early', 1]]);
});

test('members, groups and keys are listed as they stand', async (t) => {
  const { happens, read } = await views(t);
  const [ada, friends] = [memberId(), randomUUID() as GroupId];
  const member = happens('member', ada);
  await member('MemberInvited', { name: 'Ada', email: 'ada@example.org', roles: ['author'] });
  await member('MemberProfileChanged', { name: 'Ada L.' });
  await member('MemberRolesChanged', { roles: ['author', 'reviewer'] });
  await member('MemberDeactivated');
  const page = { limit: 10 };
  const [{ invitedAt: _, ...shown } = assert.fail()] = (
    await read((tables) => listMembers(tables, acme, page))
  ).items;
  assert.deepEqual(shown, {
    id: ada,
    name: 'Ada L.',
    email: 'ada@example.org',
    roles: ['author', 'reviewer'],
    status: 'deactivated',
    revision: 3,
  });

  const group = happens('group', friends);
  await group('GroupCreated', { name: 'Friends' });
  await group('GroupMemberAdded', { memberId: ada });
  await group('GroupMemberAdded', { memberId: memberId() });
  assert.deepEqual(await read((tables) => groupsOf(tables, acme, ada)), [friends]);
  assert.deepEqual(await read((tables) => groupsOf(tables, umbra, ada), umbra), []);
  await group('GroupMemberRemoved', { memberId: ada });
  assert.deepEqual(await read((tables) => groupsOf(tables, acme, ada)), []);
  const { items } = await read((tables) => listGroups(tables, acme, page));
  assert.deepEqual([items[0]?.name, items[0]?.members.length], ['Friends', 1]);
  await group('GroupDeleted');
  assert.deepEqual((await read((tables) => listGroups(tables, acme, page))).items, []);

  const key = happens('api-key', '0123456789abcdef');
  const issued = { memberId: ada, roles: ['author'], secretHash: 'x', labels: { team: 'a' } };
  await key('ApiKeyIssued', issued);
  await key('ApiKeyRevoked');
  const keys = (await read((tables) => listApiKeys(tables, acme, { ...page, member: ada }))).items;
  assert.deepEqual([keys[0]?.labels, keys[0]?.revokedAt !== null], [{ team: 'a' }, true]);
});

test('identity providers are listed as they stand, and who joined by one is a member', async (t) => {
  const { happens, read } = await views(t);
  const [ada, id] = [memberId(), randomUUID() as IdentityProviderId];
  const provider = happens('identity-provider', id);
  const issuer = 'https://id.example.com';
  const rules = [{ claim: ['groups'], value: 'writers', roles: ['editor'] }];
  const settings = { audience: 'palimpsest:acme', rules, defaultRoles: [], admitsNew: false };
  await provider('IdentityProviderRegistered', { issuer, ...settings });
  await provider('IdentityProviderChanged', { admitsNew: true });
  await provider('SignInsRefused', { minute: '2026-01-31T12:00', refused: { expired: 2 } });
  const list = async (tenant = acme) =>
    (await read((tables) => listIdentityProviders(tables, tenant, { limit: 10 }), tenant)).items;
  const [{ registeredAt: _, ...shown } = assert.fail()] = await list();
  assert.deepEqual(shown, { id, issuer, ...settings, admitsNew: true, revision: 2 });
  assert.deepEqual(await list(umbra), []);
  await provider('IdentityProviderRemoved');
  assert.deepEqual(await list(), []);
  await provider('IdentityProviderRegistered', { issuer, ...settings });
  assert.equal((await list()).length, 1);

  const identity = { issuer, subject: 'ada' };
  const joined = { name: 'Ada', roles: ['editor'], provider: id, identity };
  await happens('member', ada)('MemberJoined', joined);
  const { items } = await read((tables) => listMembers(tables, acme, { limit: 10 }));
  assert.deepEqual([items[0]?.id, items[0]?.name, items[0]?.roles], [ada, 'Ada', ['editor']]);
});

test('the operator sees every tenant and the plans, a tenant neither', async (t) => {
  const { happens, read, readEveryTenant } = await views(t);
  for (const tenant of [acme, umbra]) {
    await happens(
      'tenant',
      tenant,
      tenant,
    )('TenantRegistered', {
      tenantId: tenant,
      name: tenant.toUpperCase(),
      plan: 'starter',
      timeZone: 'UTC',
      packs: [],
    });
  }
  await happens('tenant', umbra, umbra)('TenantPlanned', { plan: 'business' });
  await happens('tenant', umbra, umbra)('TenantSuspended');
  const figures = { requestsPerMinute: 60, models: ['*'], features: [] };
  const plan = { planId: 'starter', version: 1, name: 'Starter', figures };
  await happens('plan', 'starter', PLATFORM)('PlanPublished', plan);

  const all = await readEveryTenant((tables) => listTenants(tables, { limit: 1 }));
  assert.deepEqual([all.items[0]?.id, all.next], [acme, [acme]]);
  const rest = await readEveryTenant((tables) =>
    listTenants(tables, { limit: 5, after: all.next }),
  );
  assert.deepEqual(
    rest.items.map(({ id, plan, status }) => ({ id, plan, status })),
    [{ id: umbra, plan: 'business', status: 'suspended' }],
  );
  const own = await read((tables) => listTenants(tables, { limit: 5 }));
  assert.deepEqual(
    own.items.map(({ id }) => id),
    [acme],
  );
  const shown = await read((tables) => listPlans(tables), PLATFORM);
  assert.deepEqual(shown[0]?.figures, figures);
  assert.deepEqual(await read((tables) => listPlans(tables)), []);
});
