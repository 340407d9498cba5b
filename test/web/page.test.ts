import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { browserFor, withoutBrowser } from '#test/support/browser.ts';
import { builtPage } from '#test/support/built-page.ts';
import { reader } from '#test/support/reader.ts';
import { type RealServer, realServer } from '#test/support/real-server.ts';

const TEXT = '# Plan\n\nThe quick brown fox.\n\n## Second part\n\nIt jumps.\n';

test('the page of a document', { skip: withoutBrowser, timeout: 120_000 }, async (t) => {
  const [world] = await Promise.all([worldOf(t), builtPage()]);
  const browser = await browserFor(t);
  const { write, people } = world;
  const open = async (t: TestContext, id: string, who: keyof typeof people) =>
    await reader(t, browser, { url: `${world.url}/documents/${id}`, ...people[who] });

  await t.test('two people who type end with the same text, and see each other', async (t) => {
    const id = await write('Plan', TEXT);
    const [ada, bob] = [await open(t, id, 'ada'), await open(t, id, 'bob')];
    await Promise.all([ada.reads(TEXT), bob.reads(TEXT)]);

    await ada.editor.press('Control+End');
    await ada.page.keyboard.type('Ada was here.');
    // What she types is seen before it is sent.
    await bob.page.locator('.typed-by', { hasText: 'Ada was here.' }).waitFor();
    await bob.page.locator('.caret-name', { hasText: 'Ada' }).waitFor();
    await bob.editor.press('Control+Home');
    await bob.page.keyboard.type('% Bob\n');
    await ada.page.locator('.caret-name', { hasText: 'Bob' }).waitFor();
    // Her cursor stays behind her words, though his came in front of them.
    await ada.page.keyboard.type(' Still.');
    const both = `% Bob\n${TEXT}Ada was here. Still.`;
    await Promise.all([ada.reads(both), bob.reads(both)]);
    await Promise.all([ada.saved(), bob.saved()]);
    assert.equal(await world.markdown(id), both);
    assert.equal(await bob.page.locator('.typed-by').count(), 0);
  });

  await t.test(
    'nothing on the page is closed to those who do not see it or use no mouse',
    async (t) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        const id = await write('Plan', TEXT);
        const url = `${world.url}/documents/${id}`;
        const ada = await reader(t, browser, { url, ...people.ada }, { colorScheme });
        const bob = await open(t, id, 'bob');
        await ada.reads(TEXT);
        await bob.editor.press('Control+End');
        await bob.page.keyboard.type('More.');
        await ada.page.locator('.caret-name').waitFor();
        await noViolation(ada.page);
        await ada.button('History').click();
        await ada.page.getByRole('slider').press('Home');
        await ada.page.locator('[data-revision="0"]').waitFor();
        await ada.page.getByRole('slider').press('ArrowRight');
        await ada.page.locator('[data-revision="1"]').waitFor();
        await noViolation(ada.page);
      }
      const url = `${world.url}/documents/${randomUUID()}`;
      const stranger = await reader(t, browser, { url, name: 'Eve', key: 'none' });
      await stranger.page.getByRole('alert').waitFor();
      await noViolation(stranger.page);
    },
  );
});

/** Of WCAG 2.2 A and AA, and of axe's own good practices. */
async function noViolation(page: Page): Promise<void> {
  // The page's policy holds for its own scripts, not for what a test evaluates.
  await page.evaluate(await readFile(axe, 'utf8'));
  const { violations } = await page.evaluate<Found>('axe.run()');
  assert.deepEqual(
    violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
    [],
  );
}
const axe = fileURLToPath(import.meta.resolve('axe-core/axe.min.js'));
type Found = {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { html: string }[];
  }[];
};

/** A server with a tenant, in which Ada owns the documents that Bob edits and Vic reads. */
async function worldOf(t: TestContext) {
  const server = await realServer(t);
  const url = await server.app.listen({ host: '127.0.0.1', port: 0 });
  const { key, memberId } = await server.tenant('acme', 'Acme');
  const member = async (name: string, role: string) => {
    const { id = '' } = await server.make(key, 'POST', '/v1/members', { name, roles: [role] });
    const issued = await server.make(key, 'POST', '/v1/api-keys', { memberId: id, roles: [role] });
    return { name, key: issued['key'] ?? '' };
  };
  const people = {
    ada: { name: 'Ada', key },
    bob: await member('Bob', 'editor'),
    vic: await member('Vic', 'viewer'),
  };
  const write = async (title: string, markdown: string) =>
    (await server.make(key, 'POST', '/v1/documents', { title, markdown }))['id'] ?? '';
  const markdown = async (id: string) => await markdownOf(server, key, id);
  return { server, url, people, write, markdown, owner: memberId };
}

async function markdownOf(server: RealServer, key: string, id: string): Promise<string> {
  const headers = { accept: 'text/markdown' };
  return (await server.send(key, { method: 'GET', url: `/v1/documents/${id}`, headers })).body;
}
