import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import {
  type ModelTenant,
  askingAs,
  editorOf,
  modelTenant,
  onPlan,
} from '#test/support/model-tenant.ts';
import { until } from '#test/support/process.ts';
import { redisServer, whereRedisIs } from '#test/support/redis.ts';
import { readEvents, textIn } from '#test/support/server-sent-events.ts';

const words = Array.from({ length: 40 }, (_, index) => `heron${index} `);
const asked = {
  model: 'gpt-5-mini',
  messages: [{ role: 'user', content: 'Tell me of herons' }],
  maxTokens: 400,
  resume: true,
};

/** Two processes behind a balancer: a client of ours that reaches `there` now. */
async function two(t: TestContext, env: Readonly<Record<string, string>>) {
  const ours = await modelTenant(t, { env, beside: 1 });
  const url = await ours.others[0]!.listen({ host: '127.0.0.1', port: 0 });
  return { ours, url, there: askingAs(url, ours.key) };
}

/** A client that has read a few events of a slow answer, and whose connection broke then. */
async function brokenOff(ours: ModelTenant, everyMs = 40) {
  ours.models.next({ text: words, fault: { kind: 'slow', everyMs } });
  const before = await readEvents(ours, '/v1/generations', { body: asked, most: 5 });
  const lastEventId = before.events.at(-1)?.id ?? assert.fail('no id');
  return { ...before, path: `/v1/generations/${before.id}/stream`, lastEventId };
}

const numbersOf = (events: readonly { id: string | undefined }[]) =>
  events.flatMap(({ id }) => (id === undefined ? [] : [Number(id)]));

if (whereRedisIs('own')) {
  test('a client comes back to another process, live, and gets every part once and in its order', async (t) => {
    const redis = await redisServer(t);
    const { ours, there } = await two(t, { REDIS_URL: redis.url });
    const { id, events, path, lastEventId } = await brokenOff(ours);
    let whole: readonly { type: string; data: object }[] = [];
    const firstOf = readEvents(there, path, { lastEventId, most: 3 });
    const here = readEvents(ours, path, { lastEventId }).then((read) => (whole = read.events));
    const some = await firstOf;
    assert.deepEqual(whole, [], 'the answer is not whole yet');
    const again = some.events.at(-1)?.id ?? assert.fail('no id');
    const rest = await readEvents(there, path, { lastEventId: again });
    const all = [...events, ...some.events, ...rest.events];
    assert.equal(textIn(all), words.join(''));
    assert.deepEqual(numbersOf(all), words.map((_, index) => index).concat(words.length));
    const home = await here;
    assert.deepEqual(rest.events.at(-1), home.at(-1));
    assert.equal(rest.events.at(-1)?.data['status'], 'completed');
    assert.equal(ours.models.requests.length, 1);
    assert.deepEqual((await readEvents(there, path, { lastEventId: '999999' })).events, [
      home.at(-1),
    ]);
    const types = await ours.typesOf(id);
    assert.equal(types.filter((type) => type === 'BudgetDebited').length, 1);
  });

  test('shortly after its end a generation is resumed by another process as it was shown', async (t) => {
    const redis = await redisServer(t);
    const { ours, there } = await two(t, { REDIS_URL: redis.url });
    const { id, path, lastEventId } = await brokenOff(ours, 1);
    await until(async () => (await ours.typesOf(id)).includes('GenerationCompleted'));
    const [here, elsewhere] = await Promise.all([
      readEvents(ours, path, { lastEventId }),
      readEvents(there, path, { lastEventId }),
    ]);
    assert.deepEqual(elsewhere, here);
    await redis.shell.flushall();
    const late = await readEvents(there, path, { lastEventId });
    assert.deepEqual(
      late.events.map(({ type }) => type),
      ['again', 'text', 'end'],
    );
    assert.equal(textIn(late.events), words.join(''));
  });

  test('another process shows a generation to nobody who may not read it', async (t) => {
    const redis = await redisServer(t);
    const { ours, url, there } = await two(t, { REDIS_URL: redis.url });
    const theirs = await onPlan(ours, 'theirs', {});
    const { headers } = await editorOf(ours);
    const { id, path, lastEventId } = await brokenOff(ours);
    const asking = { accept: 'text/event-stream', 'last-event-id': lastEventId };
    const stranger = await askingAs(url, theirs.key).send(path, undefined, asking);
    const colleague = await there.send(path, undefined, { ...asking, ...headers });
    for (const refused of [stranger, colleague]) {
      assert.equal(refused.status, 404);
      const text = await refused.text();
      assert.equal(JSON.parse(text).code, 'generation/not-found');
      assert.ok(!text.includes('heron'));
    }
    assert.equal((await ours.send(`/v1/generations/${id}/cancel`, {})).status, 200);
  });

  test('what Redis holds of a generation says nothing of it, and is gone after a while', async (t) => {
    const redis = await redisServer(t);
    const { ours } = await two(t, { REDIS_URL: redis.url });
    const { id, path, lastEventId } = await brokenOff(ours, 1);
    await readEvents(ours, path, { lastEventId });
    let bytes = '';
    await until(async () => (bytes = await partsIn(redis.shell)).split('\n').length > 2);
    assert.match(bytes, /\{ours\}:parts:[0-9a-f]{64}/);
    const encoded = [...bytes.matchAll(/[\w+/]{24,}={0,2}/g)];
    const opened = encoded.map(([text]) => Buffer.from(text, 'base64').toString('latin1'));
    const all = [bytes, ...opened].join('\n');
    for (const plain of ['heron', 'gpt-5-mini', 'attempt', '"type"', id]) {
      assert.ok(!all.includes(plain), plain);
    }
    const [name = ''] = await redis.shell.keys('*:parts:*');
    const ms = await redis.shell.pttl(name);
    assert.ok(ms > 0 && ms <= 15_000, `${ms}`);
  });

  test('whoever reads elsewhere may call it off there, and sees how it ended', async (t) => {
    const redis = await redisServer(t);
    const { ours, there } = await two(t, { REDIS_URL: redis.url });
    const { id, path, lastEventId } = await brokenOff(ours);
    const elsewhere = readEvents(there, path, { lastEventId });
    await sleep(200);
    assert.equal((await there.send(`/v1/generations/${id}/cancel`, {})).status, 200);
    const { events } = await elsewhere;
    const { status, reason } = events.at(-1)?.data ?? {};
    assert.deepEqual([status, reason], ['aborted', 'caller']);
    assert.ok(!events.some(({ type }) => type === 'again'));
    await ours.models.hungUp();
  });

  test('a Redis that dies leaves a generation alone that is shown by the process at work on it', async (t) => {
    const redis = await redisServer(t);
    const { ours, there } = await two(t, { REDIS_URL: redis.url });
    const { path, lastEventId, events } = await brokenOff(ours);
    const here = readEvents(ours, path, { lastEventId });
    await until(async () => (await redis.shell.keys('*:parts:*')).length > 0);
    await redis.stop();
    const rest = await here;
    assert.equal(textIn([...events, ...rest.events]), words.join(''));
    assert.equal(rest.events.at(-1)?.type, 'end');
    const late = await readEvents(there, path, { lastEventId });
    assert.equal(textIn(late.events.slice(1)), words.join(''), 'the log has it');
  });

  test('a Redis that forgets everything is told again what was shown', async (t) => {
    const redis = await redisServer(t);
    const { ours, there } = await two(t, { REDIS_URL: redis.url });
    const { path, lastEventId, events } = await brokenOff(ours);
    const elsewhere = readEvents(there, path, { lastEventId });
    for (let times = 0; times < 4; times += 1) {
      await sleep(200);
      await redis.shell.flushall();
    }
    const rest = await elsewhere;
    assert.equal(textIn([...events, ...rest.events]), words.join(''));
    assert.ok(!rest.events.some(({ type }) => type === 'again'), 'nothing was lost');
  });

  test('of a generation that nobody may come back for nothing is kept', async (t) => {
    const redis = await redisServer(t);
    const { ours, there } = await two(t, { REDIS_URL: redis.url });
    ours.models.next({ text: words, fault: { kind: 'slow', everyMs: 20 } });
    const body = { ...asked, resume: false };
    const reading = readEvents(ours, '/v1/generations', { body });
    await until(() => (ours.models.requests[0]?.sent ?? 0) > 2);
    const reserved = (await ours.eventsAfter(0n)).find(({ type }) => type === 'BudgetReserved');
    const id = reserved?.stream.split('/')[2] ?? '';
    const refused = await there.send(`/v1/generations/${id}/stream`);
    assert.equal(refused.status, 409);
    assert.match(refused.headers.get('content-type') ?? '', /problem\+json/);
    assert.equal(JSON.parse(await refused.text()).code, 'generation/not-here');
    await reading;
    assert.deepEqual(await redis.shell.keys('*:parts:*'), []);
  });
}

/** Names and bytes of what is kept for whoever comes back. */
async function partsIn(shell: Redis): Promise<string> {
  const names = await shell.keys('*:parts:*');
  const pieces = await Promise.all(names.map(async (name) => await shell.xrange(name, '-', '+')));
  return [...names, ...pieces.flat().map(([at, fields]) => `${at} ${fields.join(' ')}`)].join('\n');
}

test('without Redis another process says that it cannot show what is under way', async (t) => {
  const { ours, there } = await two(t, {});
  const { path, lastEventId } = await brokenOff(ours);
  const refused = await there.send(path, undefined, { 'last-event-id': lastEventId });
  assert.deepEqual(
    [refused.status, JSON.parse(await refused.text()).code],
    [409, 'generation/not-here'],
  );
});
