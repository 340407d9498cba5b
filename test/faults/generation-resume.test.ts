import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { apiProcesses, tenantWith } from '#test/support/api-processes.ts';
import { askingAs } from '#test/support/model-tenant.ts';
import { whereRedisIs } from '#test/support/redis.ts';
import { readEvents, textIn } from '#test/support/server-sent-events.ts';

const words = Array.from({ length: 45 }, (_, index) => `heron${index} `);
const body = {
  model: 'gpt-5-mini',
  messages: [{ role: 'user', content: 'Tell me of herons' }],
  maxTokens: 400,
  resume: true,
};

/** A client that began at the first of two processes and reaches only the second one now. */
async function movedOn(t: TestContext) {
  const all = await apiProcesses(t, () => ({ text: words, fault: { kind: 'slow', everyMs: 400 } }));
  const { first, start, models } = all;
  const second = await start('second', 'data');
  const { key } = await tenantWith(all, 'ours', {});
  const home = askingAs(first.url ?? '', key);
  const { id, events } = await readEvents(home, '/v1/generations', { body, most: 3 });
  const lastEventId = events.at(-1)?.id ?? assert.fail('no id');
  const there = askingAs(second.url ?? '', key);
  const rest = readEvents(there, `/v1/generations/${id}/stream`, { lastEventId });
  return { first, models, events, rest };
}

if (whereRedisIs('own')) {
  test('a generation goes on for whoever reads it through another process only', async (t) => {
    const { models, events, rest } = await movedOn(t);
    const { events: more } = await rest;
    assert.equal(textIn([...events, ...more]), words.join(''));
    assert.equal(more.at(-1)?.data['status'], 'completed');
    assert.equal(models.requests[0]?.hungUp, false);
  });

  test('whoever reads through another process hears how it ended where the one at work dies', async (t) => {
    const { first, rest } = await movedOn(t);
    await first.kill();
    const { events } = await rest;
    const [again, end] = events.slice(-2);
    assert.deepEqual([again?.type, end?.type], ['again', 'end']);
    assert.deepEqual([end?.data['status'], end?.data['reason']], ['failed', 'lost']);
  });
}
