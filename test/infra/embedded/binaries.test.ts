import assert from 'node:assert/strict';
import { chmod, cp, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { postgresAccount } from '#infra/embedded/account.ts';
import { packaged, usableBinaries } from '#infra/embedded/binaries.ts';
import { emptyHome, lastFirst } from '#test/support/process.ts';

const account = postgresAccount();

/** The package as npm unpacks it where install scripts are off, and a place for copies. */
async function installedWithoutScripts(t: TestContext) {
  const folder = await emptyHome(t);
  await chmod(folder, 0o755);
  const { directory, version } = await packaged();
  const native = join(folder, 'node_modules', 'package', 'native');
  await cp(directory, native, { recursive: true });
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8');
  for (const { target } of JSON.parse(list) as { target: string }[]) {
    await rm(join(dirname(native), target));
  }
  const copies = join(folder, 'copies');
  await mkdir(copies, { mode: 0o755 });
  return { folder, native, copies, package: { directory: native, version } };
}

test('libraries whose links npm did not make are linked in place', async (t) => {
  const installed = await installedWithoutScripts(t);
  const { postgres } = await usableBinaries(installed.package, account, installed.copies);
  assert.ok(postgres.startsWith(installed.native));
});

test(
  'binaries below a directory that is closed to the Postgres user are copied',
  { skip: account === undefined && 'only root runs Postgres as another user' },
  async (t) => {
    const installed = await installedWithoutScripts(t);
    await chmod(join(installed.folder, 'node_modules'), 0o700);
    // As under a strict umask: nobody but root may read a file.
    await chmod(join(installed.native, 'lib', 'libpq.so.5.18'), 0o600);
    const { postgres } = await usableBinaries(installed.package, account, installed.copies);
    assert.ok(postgres.startsWith(installed.copies));
    const again = await usableBinaries(installed.package, account, installed.copies);
    assert.deepEqual(again.postgres, postgres);
  },
);

const skip = process.getuid?.() === 0 && 'root writes everywhere';
test(
  'binaries without links in a folder that cannot be written are copied',
  { skip },
  async (t) => {
    const installed = await installedWithoutScripts(t);
    const lib = join(installed.native, 'lib');
    await chmod(lib, 0o555);
    lastFirst(t, async () => await chmod(lib, 0o755));
    const { postgres } = await usableBinaries(installed.package, account, installed.copies);
    assert.ok(postgres.startsWith(installed.copies));
    assert.ok((await stat(postgres)).isFile());
  },
);
