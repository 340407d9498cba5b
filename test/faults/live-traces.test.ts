import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { seededRandom } from '#test/support/random.ts';
import type { Author } from './live-traces/author.ts';
import { type Concurrent, type Patch, type Sequential, recorded } from './live-traces/recorded.ts';
import { liveSession } from './live-traces/session.ts';
import { mergedText, typeTogether } from './live-traces/together.ts';

// The long form, all of every session: LIVE_TRACES=all node test/faults/live-traces.test.ts
const isWhole = process.env['LIVE_TRACES'] === 'all';
const SHORT = 1_500;
const KEYSTROKES_A_CHANGE = 50;
/** Characters that nobody types. */
const A_PASTE = 8_000;
const timeout = isWhole ? 3_600_000 : 120_000;

const sequential = isWhole
  ? ['automerge-paper', 'rustcode', 'sveltecomponent']
  : ['sveltecomponent'];

for (const disconnects of [false, true]) {
  const how = disconnects ? ', over connections that break' : '';
  for (const name of sequential) {
    test(`${name}, typed by one person, ends as recorded${how}`, { timeout }, (t) =>
      typedAlone(t, name, disconnects),
    );
  }
  test(`friendsforever, typed by two at once, ends as recorded${how}`, { timeout }, (t) =>
    typedTogether(t, 'friendsforever', disconnects),
  );
}

async function typedAlone(t: TestContext, name: string, disconnects: boolean): Promise<void> {
  const trace = (await recorded(name)) as Sequential | undefined;
  if (trace === undefined) return t.skip('there are no recorded sessions here');
  const txns = isWhole ? trace.txns : trace.txns.slice(0, SHORT);
  const { authors, reader, endsAs } = await liveSession(t, 1);
  const writer = authors[0]!;
  const random = seededRandom(7);
  let cuts = 0;
  const maybeCut = (author: Author) => {
    if (!disconnects || random.below(20) > 0) return;
    author.cut();
    cuts += 1;
  };
  for (let from = 0; from < txns.length; from += KEYSTROKES_A_CHANGE) {
    const few = txns.slice(from, from + KEYSTROKES_A_CHANGE);
    for (const author of [writer, reader]) maybeCut(author);
    await write(
      writer,
      few.flatMap(({ patches }) => patches),
    );
    maybeCut(writer);
    // Whoever types into text that is being moved does not know where it is.
    await writer.durable();
  }
  await writer.durable();
  await endsAs(isWhole ? trace.endContent : typed(txns.flatMap(({ patches }) => patches)));
  if (disconnects) assert.ok(cuts > 0);
  t.diagnostic(`${txns.length} keystrokes, ${cuts} broken connections`);
}

async function write(writer: Author, patches: readonly Patch[]): Promise<void> {
  let typed: Patch[] = [];
  for (const patch of patches) {
    if (patch[2].length < A_PASTE) {
      typed.push(patch);
      continue;
    }
    writer.type(typed);
    await writer.paste(patch);
    typed = [];
  }
  writer.type(typed);
}

async function typedTogether(t: TestContext, name: string, disconnects: boolean): Promise<void> {
  const trace = (await recorded(name)) as Concurrent | undefined;
  if (trace === undefined) return t.skip('there are no recorded sessions here');
  const txns = isWhole ? trace.txns : trace.txns.slice(0, SHORT);
  const session = await liveSession(t, trace.numAgents);
  const cuts = await typeTogether({ ...trace, txns }, session.authors, disconnects);
  await session.endsAs(isWhole ? trace.endContent : mergedText({ ...trace, txns }));
  if (disconnects) assert.ok(cuts > 0);
  t.diagnostic(`${txns.length} keystrokes, ${cuts} broken connections`);
}

const typed = (patches: readonly Patch[]): string =>
  patches.reduce(
    (text, [at, deleted, inserted]) => text.slice(0, at) + inserted + text.slice(at + deleted),
    '',
  );
