import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { callerOf } from '#test/support/journey.ts';
import { soon } from '#test/support/live.ts';
import { seededRandom } from '#test/support/random.ts';
import { servedDocument } from './live-document.ts';
import { liveWriter } from './live-writers.ts';

const KILLS = Number(process.env['LIVE_KILLS'] ?? 3);
const WRITERS = 5;
/** Faster than a server under kills takes it in; for long it would be on its way for an hour after. */
const PAUSE_MS = KILLS > 5 ? 800 : 60;

// The long form: LIVE_KILLS=50 node test/faults/live-kill.test.ts
test(
  'what five people typed is in the document exactly once, however often the server is killed',
  { timeout: 120_000 + KILLS * 60_000 },
  async (t) => {
    const { server, key, id } = await servedDocument(t);
    const random = seededRandom(11);
    const writers = await Promise.all(
      Array.from({ length: WRITERS }, (_, index) =>
        liveWriter(String.fromCharCode(97 + index), random, { server: server.url, id, key }),
      ),
    );

    t.after(() => Promise.all(writers.map((writer) => writer.close())));
    const over = new AbortController();
    const typing = writers.map(async (writer) => {
      while (!over.signal.aborted) {
        await writer.type();
        await sleep(random.below(PAUSE_MS));
      }
    });
    for (let kills = 0; kills < KILLS; kills++) {
      await sleep(500 + random.below(1_500));
      await server.kill();
      await sleep(random.below(500));
      await server.start();
    }
    await sleep(500);
    over.abort();
    await Promise.all(typing);
    await Promise.all(writers.map((writer) => writer.settled()));

    const { text } = await callerOf(server.url(), key).get(`/v1/documents/${id}`, {
      accept: 'text/markdown',
    });
    const found = text.match(/<[a-z]\d+>/g) ?? [];
    const typed = writers.flatMap((writer) => writer.typed);
    const isIn = new Set(found);
    assert.deepEqual(
      typed.filter((word) => !isIn.has(word)),
      [],
      'lost',
    );
    assert.equal(found.length, typed.length, 'doubled');
    for (const writer of writers) await soon(() => writer.markdown() === text);
    await server.stop();
    const verify = await server.run('log', 'verify');
    assert.equal(verify.code, 0, verify.output);
    t.diagnostic(`${KILLS} kills, ${typed.length} words, 0 lost, 0 doubled`);
  },
);
