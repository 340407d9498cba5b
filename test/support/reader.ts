import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';

/** Somebody at the page of a document. */
export type Reader = {
  readonly page: Page;
  /** The text that is edited. */
  readonly editor: Locator;
  /** As it is in the document: without others' cursors and what they are typing. */
  readonly text: () => Promise<string>;
  /** Waits until the text is this. */
  readonly reads: (text: string) => Promise<void>;
  readonly button: (name: string) => Locator;
  /** Waits until the server has everything that was typed. */
  readonly saved: () => Promise<void>;
  readonly offline: (isOffline: boolean) => Promise<void>;
};

type Asked = { readonly url: string; readonly key: string; readonly name: string };

/** Opens the page in a browser of one's own and signs in. */
export async function reader(
  t: TestContext,
  browser: Browser,
  { url, key, name }: Asked,
  options: BrowserContextOptions = {},
): Promise<Reader> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  t.after(() => context.close());
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const broken: string[] = [];
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) broken.push(message.text());
  });
  page.on('pageerror', ({ stack, message }) => broken.push(stack ?? message));
  t.after(() => assert.deepEqual(broken, [], 'no script failed'));
  await page.goto(url);
  await signIn(page, { key, name });
  return at(page);
}

export async function signIn(page: Page, { key, name }: Pick<Asked, 'key' | 'name'>) {
  await page.getByLabel('API key or access token').fill(key);
  await page.getByLabel('Your name').fill(name);
  await page.keyboard.press('Enter');
}

function at(page: Page): Reader {
  const editor = page.getByRole('textbox', { name: 'Text of the document' });
  const text = () => editor.evaluate(textOf);
  return {
    page,
    editor,
    text,
    reads: async (expected) => {
      await editor.waitFor();
      const deadline = Date.now() + 10_000;
      while ((await text()) !== expected && Date.now() < deadline) await page.waitForTimeout(20);
      assert.equal(await text(), expected);
    },
    button: (name) => page.getByRole('button', { name, exact: true }),
    saved: () => page.locator('[data-standing=saved]').waitFor(),
    offline: (isOffline) => page.context().setOffline(isOffline),
  };
}

/** As much of the DOM as is looked at; the tests are checked without its types. */
type Shown = {
  cloneNode(deep: true): Shown;
  querySelectorAll(selector: string): Iterable<{ remove(): void; textContent: string | null }>;
};

/** Runs in the page. */
function textOf(content: unknown): string {
  const shown = (content as Shown).cloneNode(true);
  for (const silent of shown.querySelectorAll('[aria-hidden]')) silent.remove();
  return [...shown.querySelectorAll('.cm-line')].map((line) => line.textContent).join('\n');
}
