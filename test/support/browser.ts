import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Where Chromium is on this machine: `CHROMIUM_PATH`, or on the PATH. */
function chromiumPath(): string | undefined {
  const { CHROMIUM_PATH, PATH = '' } = process.env;
  if (CHROMIUM_PATH) return CHROMIUM_PATH;
  const folders = PATH.split(':');
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) =>
    existsSync(path),
  );
}

/** Why tests in a browser do not run; with `REQUIRE_CHROMIUM=1` they run, and fail. */
export const withoutBrowser: string | false =
  chromiumPath() === undefined && process.env['REQUIRE_CHROMIUM'] !== '1'
    ? 'there is no chromium on the PATH, nor CHROMIUM_PATH'
    : false;

/** Closed after the test. */
export async function browserFor(t: TestContext): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('REQUIRE_CHROMIUM=1, and there is none.');
  // Its sandbox refuses to run as root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath, args });
  t.after(() => browser.close());
  return browser;
}
