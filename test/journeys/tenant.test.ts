import assert from 'node:assert/strict';
import { type Journey, after, journey, memberOf, ownerOf } from '#test/support/journey.ts';

journey('what operators, owners and auditors do', async (t, journey) => {
  await t.test('a tenant is made, suspended and comes back', () => tenantLife(journey));
  await t.test('a repeated request happens once, and is read once', () => repeated(journey));
});

async function tenantLife(journey: Journey) {
  const { operator } = journey;
  const made = await operator.post('/admin/v1/tenants', {
    tenantId: 'umbra',
    name: 'Umbra',
    plan: 'starter',
  });
  assert.equal(made.status, 201, made.text);
  const seen = await operator.get('/admin/v1/tenants/umbra', after(made));
  assert.deepEqual([seen.status, seen.json['status']], [200, 'active']);

  const owner = await ownerOf(journey, 'acme');
  const ada = await memberOf(journey, owner, 'Ada', 'author');
  assert.equal((await ada.get('/v1/documents')).status, 200);
  assert.equal((await owner.remove(`/v1/api-keys/${ada.keyId}`)).status, 200);
  assert.equal((await ada.get('/v1/documents')).status, 401);

  const bob = await memberOf(journey, owner, 'Bob', 'author');
  const suspended = await operator.post('/admin/v1/tenants/acme/suspend', { reason: 'unpaid' });
  assert.equal(suspended.status, 200, suspended.text);
  for (const { get, post } of [owner, bob]) {
    const refused = await get('/v1/documents');
    assert.deepEqual([refused.status, refused.json['code']], [403, 'tenant/suspended']);
    assert.equal((await post('/v1/documents', { title: 'No' })).status, 403);
  }
  const shown = await operator.get('/admin/v1/tenants/acme', after(suspended));
  assert.equal(shown.json['status'], 'suspended');
  assert.equal((await operator.post('/admin/v1/tenants/acme/resume')).status, 200);
  assert.equal((await bob.post('/v1/documents', { title: 'Again' })).status, 201);
}

async function repeated(journey: Journey) {
  const owner = await ownerOf(journey, 'nimbus');
  const auditor = await memberOf(journey, owner, 'Ida', 'auditor');
  const once = { 'idempotency-key': 'the-same' };
  const body = { title: 'Once', markdown: 'text\n' };
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => owner.post('/v1/documents', body, once)),
  );
  const [first] = answers;
  assert.equal(first?.status, 201, first?.text);
  assert.deepEqual([...new Set(answers.map(({ text }) => text))], [first?.text]);
  const url = first?.headers.get('location') ?? '';
  const other = await owner.post('/v1/documents', { ...body, title: 'Other' }, once);
  assert.deepEqual([other.status, other.json['code']], [422, 'command/reused']);

  const edits = [{ type: 'insertText', at: 0, text: 'more ' }];
  const twice = { 'idempotency-key': 'an-edit' };
  const edited = await owner.post(`${url}/edits`, { edits }, twice);
  const again = await owner.post(`${url}/edits`, { edits }, twice);
  assert.deepEqual([again.status, again.text], [200, edited.text]);
  assert.equal((await owner.get(url, { accept: 'text/markdown' })).text, 'more text\n');

  const replay = await auditor.get('/v1/audit/events');
  assert.equal(replay.status, 200, replay.text);
  assert.match(replay.headers.get('content-type') ?? '', /^application\/x-ndjson/);
  type Line = { readonly header: { readonly stream: string; readonly tenant: string } };
  const lines = replay.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  assert.ok(lines.every(({ header }) => header.tenant === 'nimbus'));
  const id = url.split('/').at(-1);
  const types = lines
    .filter(({ header }) => header.stream === `nimbus/document/${id}`)
    .map((line) => (line.header as unknown as { readonly type: string }).type);
  assert.deepEqual(types, ['DocumentCreated', 'ChangesApplied', 'ChangesApplied']);
  assert.equal((await auditor.post('/v1/documents', { title: 'No' })).status, 403);
  const author = await memberOf(journey, owner, 'Ada', 'author');
  assert.equal((await author.get('/v1/audit/events')).status, 403);
}
