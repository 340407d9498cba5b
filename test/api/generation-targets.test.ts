import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type ModelTenant, modelTenant } from '#test/support/model-tenant.ts';
import { until } from '#test/support/process.ts';

const TEXT = '# Herons\n\nThey fish.\n';
const ask = {
  model: 'gpt-5-mini',
  messages: [{ role: 'user', content: 'Make it longer.' }],
  maxTokens: 100,
};
const longer = { text: ['# Herons\n\n', 'They fish at dawn.'], usage: { input: 30, output: 8 } };

const jsonIn = async (answer: Response) => JSON.parse(await answer.text());

async function withDocument(t: TestContext) {
  const ours = await modelTenant(t, { roles: ['data', 'control', 'projector', 'worker'] });
  const made = await jsonIn(await ours.send('/v1/documents', { title: 'Birds', markdown: TEXT }));
  const [section] = made.sections;
  return { ours, document: String(made.id), section: String(section.id) };
}

const textOf = async ({ send }: ModelTenant, document: string): Promise<string> =>
  await (await send(`/v1/documents/${document}`, undefined, { accept: 'text/markdown' })).text();

test('an answer becomes a suggestion with its origin, which is accepted like any other', async (t) => {
  const { ours, document, section } = await withDocument(t);
  ours.models.next(longer);
  const target = { document, section, as: 'suggest' };
  const made = await jsonIn(await ours.send('/v1/generations', { ...ask, target }));
  assert.equal(made.status, 'completed', JSON.stringify(made));
  // What is there is shown to the model as data, in a block that it cannot end.
  assert.match(ours.models.requests[0]?.text ?? '', /passage source=.*They fish\./);

  const url = `/v1/documents/${document}/suggestions`;
  const items = async () => (await jsonIn(await ours.send(url))).items;
  await until(async () => (await items()).length > 0);
  const [suggestion] = await items();
  assert.deepEqual(
    [suggestion.id, suggestion.origin, suggestion.author, suggestion.replacement],
    [made.suggestion, `ai:${made.id}`, ours.memberId, '# Herons\n\nThey fish at dawn.'],
  );
  const refused = await ours.send(`/v1/generations/${made.id}/outcome`, { outcome: 'accepted' });
  assert.equal((await jsonIn(refused)).code, 'generation/outcome-by-suggestion');

  assert.equal((await ours.send(`${url}/${made.suggestion}/accept`, {})).status, 200);
  assert.equal(await textOf(ours, document), '# Herons\n\nThey fish at dawn.\n');
});

test('an answer is written at once where that was asked, and blame says by which generation', async (t) => {
  const { ours, document, section } = await withDocument(t);
  ours.models.next(longer);
  const target = { document, section, as: 'edit' };
  const made = await jsonIn(await ours.send('/v1/generations', { ...ask, target }));
  await until(async () => (await textOf(ours, document)).includes('dawn'));
  assert.equal(await textOf(ours, document), '# Herons\n\nThey fish at dawn.\n');
  const blame = await (await ours.send(`/v1/documents/${document}/blame`)).text();
  assert.ok(blame.includes(`ai:${made.id}`), blame);
});

test('whoever may not write a document has nothing written into it, and no section of it read', async (t) => {
  const { ours, document, section } = await withDocument(t);
  const { make, key, send, models } = ours;
  const roles = ['author'];
  const { id = '' } = await make(key, 'POST', '/v1/members', { name: 'Ada', roles });
  const other = (await make(key, 'POST', '/v1/api-keys', { memberId: id, roles }))['key'];
  for (const as of ['suggest', 'edit']) {
    const answer = await send(
      '/v1/generations',
      { ...ask, target: { document, section, as } },
      { authorization: `Bearer ${other}` },
    );
    assert.deepEqual([answer.status, (await jsonIn(answer)).code], [404, 'document/not-found']);
  }
  const gone = { document, section: '0123456789abcdef', as: 'edit' };
  const missing = await send('/v1/generations', { ...ask, target: gone });
  assert.equal((await jsonIn(missing)).code, 'edit/section-not-found');
  assert.equal(models.requests.length, 0);
});
