import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { browserFor, withoutBrowser } from '#test/support/browser.ts';
import { builtPage } from '#test/support/built-page.ts';
import { reader, signIn } from '#test/support/reader.ts';
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
    // What she types is seen before it is sent: on a slow machine only a part of it at a time.
    const seen = bob.page.locator('.typed-by').first().waitFor();
    await ada.page.keyboard.type('Ada was here.');
    await seen;
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
    'undo and redo by keyboard are of one’s own last words, and the server’s',
    async (t) => {
      const id = await write('Plan', TEXT);
      const [ada, bob] = [await open(t, id, 'ada'), await open(t, id, 'bob')];
      await Promise.all([ada.reads(TEXT), bob.reads(TEXT)]);
      await ada.editor.press('Control+End');
      await ada.page.keyboard.type('Ada’s.');
      await ada.saved();
      await bob.reads(`${TEXT}Ada’s.`);
      await bob.editor.press('Control+End');
      await bob.page.keyboard.type(' Bob’s.');
      await ada.reads(`${TEXT}Ada’s. Bob’s.`);

      await ada.page.keyboard.press('Control+z');
      await Promise.all([ada.reads(`${TEXT} Bob’s.`), bob.reads(`${TEXT} Bob’s.`)]);
      await ada.page.keyboard.press('Control+z');
      await ada.page.getByRole('status').getByText('There is nothing to undo.').waitFor();
      await ada.page.keyboard.press('Control+Shift+Z');
      await Promise.all([ada.reads(`${TEXT}Ada’s. Bob’s.`), bob.reads(`${TEXT}Ada’s. Bob’s.`)]);
      await bob.button('Undo').click();
      await ada.reads(`${TEXT}Ada’s.`);
      assert.equal(await world.markdown(id), `${TEXT}Ada’s.`);
    },
  );

  await t.test('what one stroke did in several sections is taken back by one', async (t) => {
    const id = await write('Plan', TEXT);
    const ada = await open(t, id, 'ada');
    await ada.reads(TEXT);
    await ada.editor.press('Control+a');
    await ada.page.keyboard.press('Delete');
    await ada.saved();
    assert.equal(await world.markdown(id), '');
    await ada.page.keyboard.press('Control+z');
    await ada.reads(TEXT);
    assert.equal(await world.markdown(id), TEXT);
  });

  await t.test('sections that somebody else deletes are gone', async (t) => {
    const id = await write('Plan', TEXT);
    const ada = await open(t, id, 'ada');
    await ada.reads(TEXT);
    for (const { id: section } of (await world.read(id)).sections) {
      await world.edit(id, { type: 'deleteSection', section });
    }
    await ada.reads('');
  });

  await t.test('what was typed without a connection survives a reload and arrives', async (t) => {
    const id = await write('Plan', TEXT);
    const [ada, bob] = [await open(t, id, 'ada'), await open(t, id, 'bob')];
    await ada.reads(TEXT);
    await ada.editor.press('Control+End');
    await ada.page.keyboard.type('Before.');
    await ada.saved();

    await ada.offline(true);
    await ada.page.getByText('You are offline.').waitFor();
    await ada.page.keyboard.type(' Meanwhile.');
    await ada.page.getByText('is kept on this device').waitFor();
    await bob.editor.press('Control+Home');
    await bob.page.keyboard.type('Bob. ');
    await bob.saved();
    // Typing becomes a change, and is kept, after a moment.
    await ada.page.waitForTimeout(500);
    await ada.page.goto('about:blank');
    await ada.offline(false);
    await ada.page.goto(`${world.url}/documents/${id}`);

    const both = `Bob. ${TEXT}Before. Meanwhile.`;
    await Promise.all([ada.reads(both), bob.reads(both)]);
    await ada.saved();
    assert.equal(await world.markdown(id), both);
  });

  await t.test('the past is shown in the colours of those who wrote it', async (t) => {
    const id = await write('Plan', TEXT);
    const [ada, bob] = [await open(t, id, 'ada'), await open(t, id, 'bob')];
    await bob.reads(TEXT);
    await bob.editor.press('Control+End');
    await bob.page.keyboard.type('Bob’s.');
    await ada.reads(`${TEXT}Bob’s.`);
    await bob.saved();
    await bob.page.keyboard.press('Control+Home');
    await bob.page.keyboard.type('Later. ');
    await ada.reads(`Later. ${TEXT}Bob’s.`);

    await ada.button('History').click();
    await ada.page.getByRole('listitem').filter({ hasText: 'Bob' }).nth(1).waitFor();
    await ada.page.getByRole('slider').press('ArrowLeft');
    const past = ada.page.locator('.past-text[data-revision="2"]');
    await past.waitFor();
    assert.equal(await past.textContent(), `${TEXT}Bob’s.`);
    const colours = await past.locator('.written-by').evaluateAll(backgroundsOf);
    assert.equal(new Set(colours).size, 2, 'two people, two colours');
    assert.ok(!colours.includes('rgba(0, 0, 0, 0)'));
    assert.deepEqual(
      (await ada.page.getByRole('list', { name: 'Written by' }).innerText()).split('\n').toSorted(),
      ['Bob', 'First owner'],
    );
    await ada.button('Back to now').click();
    await ada.reads(`Later. ${TEXT}Bob’s.`);
  });

  await t.test('a version is named, looked at and restored', async (t) => {
    const id = await write('Plan', TEXT);
    const ada = await open(t, id, 'ada');
    await ada.reads(TEXT);
    await ada.button('History').click();
    await ada.page.getByLabel('Name the document as it is now').fill('As agreed');
    await ada.page.keyboard.press('Enter');
    await ada.page.locator('.version-name', { hasText: 'As agreed' }).waitFor();
    await ada.editor.press('Control+Home');
    await ada.page.keyboard.press('Control+Shift+End');
    await ada.page.keyboard.press('Delete');
    await ada.reads('');
    await ada.saved();
    await ada.button('View As agreed').click();
    await ada.page.locator('.past-text', { hasText: 'The quick brown fox.' }).waitFor();
    await ada.button('Restore As agreed').click();
    await ada.reads(TEXT);
    assert.equal(await world.markdown(id), TEXT);
  });

  await t.test('whoever has no mouse reaches everything, and the text is no trap', async (t) => {
    const id = await write('Plan', TEXT);
    const { page, reads, saved } = await open(t, id, 'ada');
    await reads(TEXT);
    const tabTo = async (name: string) => {
      for (let presses = 0; presses < 30; presses++) {
        await page.keyboard.press('Tab');
        if ((await page.evaluate<string>(FOCUSED)).includes(name)) return;
      }
      assert.fail(`Tab does not reach ${name}`);
    };
    await tabTo('Title');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('Better plan');
    await tabTo('Text of the document');
    await page.keyboard.press('Control+End');
    await page.keyboard.type('By keys.');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Shift+Tab');
    assert.doesNotMatch(await page.evaluate<string>(FOCUSED), /Text of the document/);
    await saved();
    await page.getByRole('heading', { name: 'Better plan' }).waitFor();
    await tabTo('Text of the document');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await tabTo('Revision');
    await page.keyboard.press('Home');
    await page.locator('.past-text[data-revision="0"]').waitFor();
    await tabTo('Back to now');
    await page.keyboard.press('Enter');
    assert.match(await page.evaluate<string>(FOCUSED), /Text of the document/);
    await reads(`${TEXT}By keys.`);
  });

  await t.test('whoever may only read is told so, and types nothing', async (t) => {
    const id = await write('Plan', TEXT);
    await world.share(id, 'vic', 'viewer');
    const vic = await open(t, id, 'vic');
    await vic.reads(TEXT);
    await vic.page.getByText('You may read this document, and not edit it.').waitFor();
    await vic.editor.press('Control+End');
    await vic.page.keyboard.type('No.');
    await vic.reads(TEXT);
    assert.ok(await vic.button('Undo').isDisabled());
    await world.share(id, 'vic', 'editor');
    await vic.page.locator('[data-standing=saved]').waitFor();
    await vic.page.keyboard.type('Yes.');
    await vic.reads(`${TEXT}Yes.`);
    await vic.saved();
    await world.share(id, 'vic', undefined);
    await vic.page.getByRole('alert').getByText('You no longer have access').waitFor();
  });

  await t.test(
    'whoever is signed out meanwhile signs in again, with what they typed',
    async (t) => {
      const id = await write('Plan', TEXT);
      const bob = await open(t, id, 'bob');
      await bob.reads(TEXT);
      await bob.editor.press('Control+End');
      await bob.offline(true);
      await bob.page.keyboard.type('Kept.');
      await world.become('bob', 'deactivate');
      await bob.offline(false);
      await bob.page.getByRole('alert').getByText('The key is not valid').waitFor();
      await world.become('bob', 'reactivate');
      await signIn(bob.page, people.bob);
      await bob.reads(`${TEXT}Kept.`);
      await bob.saved();
      assert.equal(await world.markdown(id), `${TEXT}Kept.`);
    },
  );

  await t.test('what the server will never take is said, and not lost', async (t) => {
    const id = await write('Plan', TEXT);
    await world.share(id, 'vic', 'editor');
    const vic = await open(t, id, 'vic');
    await vic.reads(TEXT);
    await vic.editor.press('Control+End');
    await vic.offline(true);
    await vic.page.keyboard.type('Too late.');
    await world.share(id, 'vic', 'viewer');
    await vic.offline(false);
    const alert = vic.page.getByRole('alert');
    await alert.getByText('Your last edit was not taken').waitFor();
    await vic.reads(TEXT);
    await vic.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await alert.getByRole('button', { name: 'Copy the text as you had it' }).click();
    await alert.getByRole('button', { name: 'Copied' }).waitFor();
    const copied = await vic.page.evaluate<string>('navigator.clipboard.readText()');
    assert.equal(copied, `${TEXT}Too late.`);
    assert.equal(await world.markdown(id), TEXT);
  });

  await t.test('a document that is not there, or not for one, is said to be neither', async (t) => {
    const gone = await open(t, randomUUID(), 'ada');
    await gone.page.getByText('There is no such document').waitFor();
    const hidden = await open(t, await write('Secret', TEXT), 'vic');
    await hidden.page.getByText('There is no such document').waitFor();
  });

  await t.test('whoever types while the section is cut goes on with the same words', async (t) => {
    const id = await write('Plan', 'One two.\n\nThree four.\n');
    const [ada, bob] = [await open(t, id, 'ada'), await open(t, id, 'bob')];
    const { sections } = await world.read(id);
    await Promise.all([ada.reads(await world.markdown(id)), bob.reads(await world.markdown(id))]);
    await ada.editor.press('Control+End');
    const words = 'The quick brown fox jumps over the lazy dog. ';
    const typing = ada.page.keyboard.type(words.repeat(2), { delay: 20 });
    for (const at of [10, 4]) {
      await ada.page.waitForTimeout(400);
      await world.edit(id, { type: 'splitSection', section: sections[0].id, at });
    }
    await typing;
    await ada.saved();
    const expected = `One two.\n\nThree four.\n${words.repeat(2)}`;
    await Promise.all([ada.reads(expected), bob.reads(expected)]);
    assert.equal((await world.read(id)).sections.length, 3);
    assert.equal(await world.markdown(id), expected);
  });

  await t.test('an empty document, a long paste and sections that come and go', async (t) => {
    const id = await write('Plan', '');
    const [ada, bob] = [await open(t, id, 'ada'), await open(t, id, 'bob')];
    await Promise.all([ada.reads(''), bob.reads('')]);
    await ada.editor.click();
    await ada.page.keyboard.type('First');
    await bob.reads('First');
    // Longer than the server takes in one change.
    const long = 'Words of which there are many.\n'.repeat(1_000);
    await ada.page.keyboard.insertText(long);
    await ada.saved();
    assert.equal(await world.markdown(id), `First${long}`);
    // So long a section is cut, which changes no text and no cursor.
    await ada.page.keyboard.type('End');
    await ada.saved();
    assert.equal(await world.markdown(id), `First${long}End`);
    await ada.page.keyboard.insertText('x'.repeat(61_000));
    await ada.page.getByRole('status').getByText('So much text cannot').waitFor();
    await bob.editor.press('Control+Home');
    await bob.page.keyboard.press('ArrowRight');
    await world.edit(id, { type: 'insertSection', after: null, text: '# Above\n' });
    await bob.page.getByText('# Above').waitFor();
    await bob.page.keyboard.type('Bob:');
    await bob.saved();
    assert.equal(await world.markdown(id), `# Above\nFBob:irst${long}End`);
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

/** What has the focus, as it is announced. */
const FOCUSED = `(() => {
  const { activeElement, body } = document;
  const { labels, ariaLabel, textContent } = activeElement;
  return activeElement === body ? '' : ariaLabel ?? labels?.[0]?.textContent ?? textContent;
})()`;

/** Runs in the page. */
const backgroundsOf = (elements: unknown): string[] =>
  (elements as never[]).map((element) => getComputedStyle(element).backgroundColor);
declare const getComputedStyle: (element: never) => { readonly backgroundColor: string };

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
    return { id, name, key: issued['key'] ?? '' };
  };
  const people = {
    ada: { id: memberId, name: 'Ada', key },
    bob: await member('Bob', 'editor'),
    vic: await member('Vic', 'author'),
  };
  const write = async (title: string, markdown: string) =>
    (await server.make(key, 'POST', '/v1/documents', { title, markdown }))['id'] ?? '';
  const markdown = async (id: string) => await markdownOf(server, key, id);
  const share = async (id: string, who: keyof typeof people, level: string | undefined) => {
    const members = { [memberId]: 'owner', ...(level && { [people[who].id]: level }) };
    await server.make(key, 'PUT', `/v1/documents/${id}/access`, { members, groups: {} });
  };
  const edit = async (id: string, edit: object) =>
    await server.make(key, 'POST', `/v1/documents/${id}/edits`, { edits: [edit] });
  const become = async (who: keyof typeof people, verb: 'deactivate' | 'reactivate') =>
    await server.make(key, 'POST', `/v1/members/${people[who].id}/${verb}`, {});
  const read = async (id: string) =>
    (await server.send(key, { method: 'GET', url: `/v1/documents/${id}` })).json();
  return { url, people, read, write, edit, share, markdown, become };
}

async function markdownOf(server: RealServer, key: string, id: string): Promise<string> {
  const headers = { accept: 'text/markdown' };
  return (await server.send(key, { method: 'GET', url: `/v1/documents/${id}`, headers })).body;
}
