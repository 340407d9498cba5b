import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Caller, callerOf, memberOf, ownerOf } from '#test/support/journey.ts';
import { emptyHome, startServer } from '#test/support/process.ts';
import { seededRandom } from '#test/support/random.ts';

// How long an undo or a redo of one of 200 groups takes over HTTP on a server that runs, from the
// request to the answer, which means that Postgres has it on disk, beside edits of the same
// document: `node undo-speed.ts [characters]` (on Linux).

const LENGTH = Number(process.argv[2] ?? 100_000);
const GROUPS = 200;
const WORDS = ['palimpsest ', 'of ', 'the ', 'scraped\n', 'vellum ', 'once ', 'again.\n\n'];

test(`undo at ${GROUPS} groups in ${LENGTH} characters`, async (t) => {
  const home = await emptyHome(t);
  const { url: server, pid } = await startServer(t, home);
  const as = (key: string): Caller => callerOf(server, key);
  const operator = as((await readFile(join(home, 'keys/operator'), 'utf8')).trim());
  const ada = await memberOf({ as }, await ownerOf({ operator, as }, 'acme'), 'Ada', 'author');
  const random = seededRandom(1);
  let markdown = '';
  while (markdown.length < LENGTH) markdown += WORDS[random.below(WORDS.length)];
  const made = await ada.post('/v1/documents', { title: 'Plan', markdown });
  const url = made.headers.get('location') ?? '';

  const measure = async (what: string, count: number, ask: (step: number) => Asked) => {
    const taken: number[] = [];
    const before = await spentBy(pid);
    for (let step = 0; step < count; step++) taken.push(await timed(ada, ask(step)));
    const each = ((await spentBy(pid)) - before) / count;
    t.diagnostic(
      `${what}: ${inWords(taken)}; ${each.toFixed(1)} ms of the server's processor each`,
    );
  };
  await measure('edits', GROUPS, (group) => {
    const at = random.below(LENGTH - 100);
    const text = 'twenty characters on';
    const edit =
      group % 2 === 0 ? { type: 'insertText', at, text } : { type: 'deleteText', at, count: 20 };
    return [`${url}/edits`, { edits: [edit] }];
  });
  await measure('undo and redo', 300, (step) => [`${url}/${step % 60 < 30 ? 'undo' : 'redo'}`, {}]);
});

type Asked = readonly [path: string, body: object];

const MS_PER_TICK = 10;

/** Milliseconds of processor time of a process, with all its threads: all else is the machine's. */
async function spentBy(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

async function timed(who: Caller, [path, body]: Asked): Promise<number> {
  const begin = performance.now();
  const { status, text } = await who.post(path, body);
  assert.equal(status, 200, text);
  return performance.now() - begin;
}

function inWords(taken: readonly number[]): string {
  const sorted = taken.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.floor(share * sorted.length)]?.toFixed(1);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`;
}
