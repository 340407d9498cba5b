import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataOf, GenerationEvent } from '#domain/generation/events.ts';
import type { Script } from '#test/support/model-server/script.ts';
import { secretSamples } from '#test/support/secret-samples.ts';
import { type ModelTenant, modelTenant, onPlan } from '#test/support/model-tenant.ts';
import { until } from '#test/support/process.ts';
import { readEvents, textIn } from '#test/support/server-sent-events.ts';

const question = { role: 'user', content: 'Summarise: The heron fishes at dawn. It stands still.' };
const asked = { model: 'gpt-5-mini', messages: [question], maxTokens: 100 };
const fish: Script = { text: ['Fish', ' and', ' frogs.'], usage: { input: 30, output: 6 } };
const refusing = (status: number, headers = {}): Script => ({
  fault: { kind: 'status', status, headers },
});

/** Sends it, and answers the generation as it is shown. */
async function generated({ send }: ModelTenant, body: object, headers = {}) {
  const answer = await send('/v1/generations', body, headers);
  const text = await answer.text();
  assert.equal(answer.status, 201, text);
  return JSON.parse(text);
}

const jsonIn = async (answer: Response) => JSON.parse(await answer.text());

const debitsIn = (events: readonly GenerationEvent[]): readonly DataOf<'BudgetDebited'>[] =>
  events.flatMap(({ type, data }) => (type === 'BudgetDebited' ? [data] : []));

test('a generation is answered, and its stream holds what it reserved, tried and was debited', async (t) => {
  const ours = await modelTenant(t);
  ours.models.next(fish);
  const made = await generated(ours, asked);
  assert.deepEqual(
    [made.status, made.answer.text, made.model, made.finish],
    ['completed', 'Fish and frogs.', 'gpt-5-mini', 'stop'],
  );
  assert.deepEqual(await ours.typesOf(made.id), [
    'GenerationRequested',
    'BudgetReserved',
    'AttemptMade',
    'BudgetDebited',
    'GenerationCompleted',
  ]);
  const [debit] = debitsIn(await ours.eventsOf(made.id));
  assert.deepEqual(
    [debit?.inputTokens, debit?.outputTokens, debit?.countedBy],
    [30, 6, 'provider'],
  );
  const read = await ours.send(`/v1/generations/${made.id}`);
  assert.deepEqual(await jsonIn(read), made);
});

test('the offline model answers where there is no provider, and costs nothing', async (t) => {
  const ours = await modelTenant(t);
  const made = await generated(ours, { ...asked, model: 'offline' });
  assert.match(made.answer.text, /heron/);
  assert.equal(made.usage.costNanoUsd, 0);
  assert.equal(ours.models.requests.length, 0);
});

test('a provider that asks to wait is waited for, and asked once more', async (t) => {
  const ours = await modelTenant(t);
  ours.models.next(refusing(429, { 'retry-after-ms': '50' }), fish);
  const made = await generated(ours, asked);
  assert.deepEqual([made.status, made.attempts], ['completed', 2]);
  assert.deepEqual(await ours.typesOf(made.id), [
    'GenerationRequested',
    'BudgetReserved',
    'AttemptMade',
    'BudgetDebited',
    'BudgetToppedUp',
    'AttemptMade',
    'BudgetDebited',
    'GenerationCompleted',
  ]);
  const debits = debitsIn(await ours.eventsOf(made.id));
  assert.deepEqual(
    debits.map(({ attempt, amount }) => [attempt, amount.tokens]),
    [
      [1, 0],
      [2, 36],
    ],
  );
});

test('a model that fails twice is left for the next of the cascade', async (t) => {
  const ours = await modelTenant(t);
  ours.models.next(refusing(500), refusing(503), fish);
  const { model: _, ...task } = asked;
  const made = await generated(ours, { ...task, task: 'converse' });
  assert.deepEqual([made.status, made.model, made.attempts], ['completed', 'claude-haiku-4-5', 3]);
  assert.deepEqual(
    ours.models.requests.map(({ path }) => path),
    ['/v1/chat/completions', '/v1/chat/completions', '/v1/messages'],
  );
});

test('what cannot go well later is not asked again', async (t) => {
  const ours = await modelTenant(t);
  ours.models.next(refusing(401));
  const made = await generated(ours, asked);
  assert.deepEqual([made.status, made.reason, made.attempts], ['failed', 'auth', 1]);
  assert.equal(ours.models.requests.length, 1);
});

test('an answer that breaks off is asked for anew where nobody has read it, and both are paid', async (t) => {
  const ours = await modelTenant(t);
  ours.models.next({ ...fish, fault: { kind: 'cut', after: 2 } }, fish);
  const made = await generated(ours, asked);
  assert.equal(made.answer.text, 'Fish and frogs.');
  const [cut, whole] = debitsIn(await ours.eventsOf(made.id));
  assert.equal(cut?.countedBy, 'us');
  assert.ok(cut && cut.outputTokens > 0 && cut.amount.tokens > 0);
  assert.equal(whole?.countedBy, 'provider');
});

test('a usage of zero is not believed: we count', async (t) => {
  const ours = await modelTenant(t);
  ours.models.next({ ...fish, usage: { input: 0, output: 0 } });
  const made = await generated(ours, asked);
  const [debit] = debitsIn(await ours.eventsOf(made.id));
  assert.equal(debit?.countedBy, 'us');
  assert.ok(debit && debit.inputTokens > 0 && debit.outputTokens > 0);
});

test('a provider that stays silent is given up at the deadline, and what it may bill is assumed', async (t) => {
  const ours = await modelTenant(t);
  ours.models.next({ fault: { kind: 'stall', after: 0 } });
  const made = await generated(ours, { ...asked, timeoutMs: 1_000 });
  assert.deepEqual([made.status, made.reason, made.usage.assumed], ['failed', 'deadline', true]);
  const events = await ours.eventsOf(made.id);
  const reserved = events.find(({ type }) => type === 'BudgetReserved')?.data;
  assert.ok(reserved && 'amount' in reserved);
  assert.deepEqual(debitsIn(events)[0]?.amount, reserved.amount);
});

test('the same key asks once: at the same time, and afterwards', async (t) => {
  const ours = await modelTenant(t);
  ours.models.next({ ...fish, fault: { kind: 'slow', everyMs: 20 } });
  const again = { 'idempotency-key': 'one-question' };
  const [first, second] = await Promise.all([
    generated(ours, asked, again),
    generated(ours, asked, again),
  ]);
  assert.deepEqual(first, second);
  assert.deepEqual(await generated(ours, asked, again), first);
  assert.equal(ours.models.requests.length, 1);
  const other = await ours.send('/v1/generations', { ...asked, maxTokens: 7 }, again);
  assert.equal((await jsonIn(other)).code, 'command/reused');
});

test('an answer is shown as it comes', async (t) => {
  const ours = await modelTenant(t);
  ours.models.next(fish);
  const { events } = await readEvents(ours, '/v1/generations', { body: asked });
  assert.deepEqual(
    events.map(({ type }) => type),
    ['attempt', 'text', 'text', 'text', 'end'],
  );
  assert.equal(textIn(events), 'Fish and frogs.');
  assert.equal(events.at(-1)?.data['status'], 'completed');
});

const slow: Script = { ...fish, fault: { kind: 'slow', everyMs: 60 } };

test('a client that hangs up ends the call at once, and pays for what came', async (t) => {
  const ours = await modelTenant(t);
  ours.models.next({ text: Array.from({ length: 200 }, () => 'word '), fault: slow.fault! });
  const { id } = await readEvents(ours, '/v1/generations', { body: asked, most: 3 });
  await ours.models.hungUp();
  await until(async () => (await ours.typesOf(id)).includes('GenerationAborted'));
  const made = await jsonIn(await ours.send(`/v1/generations/${id}`));
  assert.deepEqual([made.status, made.reason], ['aborted', 'disconnect']);
  const [debit] = debitsIn(await ours.eventsOf(id));
  assert.ok(debit && debit.outputTokens > 0 && debit.outputTokens < 100, JSON.stringify(debit));
});

test('a client that asked for it comes back, misses nothing and reads nothing twice', async (t) => {
  const ours = await modelTenant(t);
  ours.models.next(slow);
  const body = { ...asked, resume: true };
  const before = await readEvents(ours, '/v1/generations', { body, most: 2 });
  const lastEventId = before.events.at(-1)?.id ?? assert.fail('no id');
  const path = `/v1/generations/${before.id}/stream`;
  const after = await readEvents(ours, path, { lastEventId });
  assert.equal(textIn([...before.events, ...after.events]), 'Fish and frogs.');
  assert.equal(after.events.at(-1)?.data['status'], 'completed');
  assert.equal(ours.models.requests[0]?.hungUp, false);
});

test('a generation is called off by who asked for it', async (t) => {
  const ours = await modelTenant(t);
  ours.models.next({ text: Array.from({ length: 200 }, () => 'word '), fault: slow.fault! });
  const reading = readEvents(ours, '/v1/generations', { body: asked });
  await until(async () =>
    (await ours.eventsAfter(0n)).some(({ type }) => type === 'BudgetReserved'),
  );
  const found = (await ours.eventsAfter(0n)).find(({ type }) => type === 'BudgetReserved');
  const id = found?.stream.split('/')[2] ?? '';
  const answer = await ours.send(`/v1/generations/${id}/cancel`, {});
  assert.equal(answer.status, 200);
  const made = await jsonIn(answer);
  assert.deepEqual([made.status, made.reason], ['aborted', 'caller']);
  await ours.models.hungUp();
  assert.equal((await reading).events.at(-1)?.data['status'], 'aborted');
});

test('a model that the budget does not allow is skipped, and the event says so', async (t) => {
  const ours = await modelTenant(t);
  const figures = { costPerDayNanoUsd: 100 };
  const tight = await onPlan(ours, 'tight', figures);
  const { model: _, ...task } = asked;
  const made = await generated(tight, { ...task, task: 'converse' });
  assert.equal(made.model, 'offline');
  const [requested] = await tight.eventsOf(made.id);
  assert.ok(requested?.type === 'GenerationRequested');
  assert.deepEqual(
    requested.data.skipped.map(({ model, reason }) => [model, reason]),
    [
      ['gpt-5-mini', 'budget/exhausted'],
      ['claude-haiku-4-5', 'budget/exhausted'],
    ],
  );
});

test('where the budget allows no model as long an answer as asked for, a shorter one is given', async (t) => {
  const ours = await modelTenant(t);
  // Less than 1,000 tokens of answer, more than 300.
  const tight = await onPlan(ours, 'short', { tokensPerDay: 700 });
  ours.models.next(fish);
  const made = await generated(tight, { ...asked, maxTokens: 1_000 });
  assert.equal(made.status, 'completed');
  assert.equal(ours.models.requests[0]?.body['max_completion_tokens'], 500);
  const [requested] = await tight.eventsOf(made.id);
  assert.ok(requested?.type === 'GenerationRequested');
  assert.deepEqual([requested.data.prompt.maxTokens, requested.data.shortenedTo], [1_000, 500]);
  const insisting = await tight.send('/v1/generations', {
    ...asked,
    maxTokens: 1_000,
    minTokens: 1_000,
  });
  assert.equal(insisting.status, 422);
});

test('the same question is answered from before, at no cost, to whoever allows it', async (t) => {
  const ours = await modelTenant(t);
  ours.models.next(fish, fish, fish);
  const cached = { ...asked, cache: {} };
  const first = await generated(ours, cached);
  assert.equal(first.cached, null);
  const answer = await ours.send('/v1/generations', cached);
  assert.equal(answer.headers.get('palimpsest-cache'), 'hit');
  const second = await jsonIn(answer);
  assert.deepEqual(
    [second.status, second.answer, second.model, second.attempts, second.usage.costNanoUsd],
    ['completed', first.answer, first.model, 0, 0],
  );
  assert.equal(second.cached.stale, false);
  assert.deepEqual(await ours.typesOf(second.id), [
    'GenerationRequested',
    'AnswerServed',
    'GenerationCompleted',
  ]);
  assert.equal(ours.models.requests.length, 1);
  await generated(ours, asked);
  await generated(ours, { ...cached, temperature: 0.5 });
  assert.equal(ours.models.requests.length, 3, 'another wish is another question');
});

test('an answer from before is never another tenant’s', async (t) => {
  const ours = await modelTenant(t);
  const theirs = await onPlan(ours, 'theirs', {});
  ours.models.next(fish, { ...fish, text: ['Worms.'] });
  const cached = { ...asked, cache: { stale: true } };
  await generated(ours, cached);
  const made = await generated(theirs, cached);
  assert.deepEqual([made.answer.text, made.cached], ['Worms.', null]);
});

test('where a model is refused, an old answer is given to whoever takes one, and says so', async (t) => {
  const ours = await modelTenant(t);
  const tight = await onPlan(ours, 'old', { tokensPerDay: 200 });
  ours.models.next({ ...fish, usage: { input: 30, output: 100 } });
  const old = { ...asked, cache: { maxAgeS: 0, stale: true } };
  await generated(tight, old);
  await sleep(5);
  const answer = await tight.send('/v1/generations', old);
  assert.equal(answer.headers.get('palimpsest-cache'), 'stale');
  const made = await jsonIn(answer);
  assert.deepEqual([made.answer.text, made.cached.stale], ['Fish and frogs.', true]);
  const [requested] = await tight.eventsOf(made.id);
  assert.ok(requested?.type === 'GenerationRequested');
  assert.deepEqual(
    requested.data.skipped.map(({ reason }) => reason),
    ['budget/exhausted'],
  );
  const refused = await tight.send('/v1/generations', { ...old, cache: { maxAgeS: 0 } });
  assert.equal(refused.status, 429);
});

test('where every model failed, an old answer is given to whoever takes one, and what failed is paid and said', async (t) => {
  const ours = await modelTenant(t);
  const broken: Script = { text: ['Wor', 'ms'], fault: { kind: 'cut', after: 1 } };
  ours.models.next(fish, broken, broken, broken, broken, broken);
  const old = { ...asked, cache: { maxAgeS: 0, stale: true } };
  const first = await generated(ours, old);
  await sleep(5);
  const answer = await ours.send('/v1/generations', old);
  assert.equal(answer.headers.get('palimpsest-cache'), 'stale');
  const made = await jsonIn(answer);
  assert.deepEqual(
    [made.status, made.answer.text, made.cached.stale],
    ['completed', 'Fish and frogs.', true],
  );
  assert.ok(made.usage.costNanoUsd > 0, 'what was cut off is billed');
  const events = await ours.eventsOf(made.id);
  const served = events.find(({ type }) => type === 'AnswerServed');
  assert.ok(served?.type === 'AnswerServed' && served.data.generation === first.id);
  const failed = events.flatMap(({ type, data }) => (type === 'AttemptMade' ? [data.outcome] : []));
  assert.ok(failed.length > 0 && failed.every((outcome) => outcome === 'cut'));
  const again = await generated(ours, old);
  assert.equal(again.cached.since, made.cached.since, 'what is served does not grow young by it');
  const { events: shown } = await readEvents(ours, '/v1/generations', { body: old });
  assert.equal(shown.at(-1)?.data['status'], 'failed', 'nothing goes on where something was read');
});

test('an answer from before passes the rules of now', async (t) => {
  const ours = await modelTenant(t);
  ours.models.next(fish, { ...fish, text: ['Nothing.'] });
  const cached = { ...asked, cache: {} };
  await generated(ours, cached);
  await ours.make(ours.key, 'PUT', '/v1/policies/frogs', {
    detectors: [
      { detector: 'deny-list', name: 'frogs', phrases: ['frogs'], actions: { answer: 'block' } },
    ],
  });
  await until(async () => (await generated(ours, cached)).answer.text !== 'Fish and frogs.');
});

const secret = secretSamples[1]!;

test('a secret in a prompt does not reach the model, and the log says where it was', async (t) => {
  const ours = await modelTenant(t);
  ours.models.next(fish);
  const messages = [{ role: 'user', content: `Summarise: ${secret} is ours.` }];
  const made = await generated(ours, { ...asked, messages });
  assert.equal(made.status, 'completed');
  assert.ok(!ours.models.requests[0]?.text.includes(secret));
  assert.match(ours.models.requests[0]?.text ?? '', /\[redacted\]/);
  const events = await ours.eventsOf(made.id);
  assert.ok(!JSON.stringify(events).includes(secret));
  const [, flag] = events;
  assert.ok(flag?.type === 'FlagRaised');
  assert.deepEqual(
    [flag.data.direction, flag.data.place, flag.data.outcome],
    ['prompt', 'messages/0', 'redacted'],
  );
});

const denying = (direction: 'prompt' | 'answer') => ({
  detectors: [
    {
      detector: 'deny-list',
      name: 'birds',
      phrases: ['nightjar'],
      actions: { [direction]: 'block' },
    },
  ],
});

test('a prompt that a rule forbids is recorded, and asks no model and no budget', async (t) => {
  const ours = await modelTenant(t);
  await ours.make(ours.key, 'PUT', '/v1/policies/birds', denying('prompt'));
  await policiesAreSeen(ours, 'nightjar', 'blocked');
  const messages = [{ role: 'user', content: 'Tell me of the nightjar.' }];
  const made = await generated(ours, { ...asked, messages });
  assert.deepEqual([made.status, made.reason, made.attempts], ['blocked', 'prompt', 0]);
  assert.deepEqual(await ours.typesOf(made.id), [
    'GenerationRequested',
    'FlagRaised',
    'GenerationBlocked',
  ]);
});

test('an answer that a rule forbids ends there, and what came of it is paid', async (t) => {
  const ours = await modelTenant(t);
  await ours.make(ours.key, 'PUT', '/v1/policies/birds', denying('answer'));
  const text = ['The ', 'night', 'jar ', 'and more '.repeat(50)];
  ours.models.next(...Array.from({ length: 20 }, () => ({ ...fish, text })));
  let made = await generated(ours, asked);
  for (let tries = 0; tries < 15 && made.status !== 'blocked'; tries += 1) {
    await sleep(250);
    made = await generated(ours, asked);
  }
  assert.deepEqual([made.status, made.reason], ['blocked', 'answer']);
  assert.ok(!made.answer.text.includes('nightjar'));
  const events = await ours.eventsOf(made.id);
  assert.ok(events.some(({ type }) => type === 'FlagRaised'));
  const [debit] = debitsIn(events);
  assert.ok(debit && debit.countedBy === 'us' && debit.outputTokens > 0);
});

/** A policy is in force when its view shows it, and a second after. */
async function policiesAreSeen(ours: ModelTenant, word: string, status: string): Promise<void> {
  const messages = [{ role: 'user', content: word }];
  await until(async () => {
    const made = await generated(ours, { ...asked, model: 'offline', messages });
    return made.status === status;
  });
}

const RACING = Number(process.env['RACING_GENERATIONS'] ?? 400);
const FITTING = RACING / 20;

test('of many that race for a budget just as many are admitted as it holds', async (t) => {
  const ours = await modelTenant(t);
  ours.models.next(fish);
  const probe = await generated(ours, asked);
  const [, reserved] = await ours.eventsOf(probe.id);
  assert.ok(reserved?.type === 'BudgetReserved');
  const { tokens } = reserved.data.amount;
  // Every one of them takes all that was set aside for it.
  const output = asked.maxTokens;
  const all: Script = { text: ['word '], usage: { input: tokens - output, output } };
  const racers = await onPlan(ours, 'racers', { tokensPerDay: tokens * FITTING });
  ours.models.next(...Array.from({ length: RACING }, () => all));
  const statuses = await Promise.all(
    Array.from({ length: RACING }, async () => {
      const answer = await racers.send('/v1/generations', asked);
      const { code, limit, freesInMs } = await jsonIn(answer);
      if (answer.status === 429) {
        assert.deepEqual([code, limit], ['budget/exhausted', 'tokensPerDay']);
        assert.ok(freesInMs > 0);
      }
      return answer.status;
    }),
  );
  assert.equal(statuses.filter((status) => status === 201).length, FITTING);
  assert.equal(statuses.filter((status) => status === 429).length, RACING - FITTING);
  assert.equal(ours.models.requests.length - 1, FITTING);
});

test('a generation is its member’s own: others do not find it, auditors read it', async (t) => {
  const ours = await modelTenant(t);
  const { make, key, send, models } = ours;
  const keyOf = async (...roles: string[]) => {
    const { id } = await make(key, 'POST', '/v1/members', { name: roles.join(), roles });
    return (await make(key, 'POST', '/v1/api-keys', { memberId: id ?? '', roles }))['key'] ?? '';
  };
  const [author, admin, auditor] = [
    await keyOf('author'),
    await keyOf('admin'),
    await keyOf('auditor'),
  ];
  models.next(fish);
  const made = await ours.make(author, 'POST', '/v1/generations', asked);
  const statusFor = async (who: string, path = '', method: 'GET' | 'POST' = 'GET') => {
    const address = `/v1/generations/${made['id']}${path}`;
    const payload = path === '/outcome' ? { payload: { outcome: 'accepted' } } : {};
    return (
      await ours.app.inject({
        method,
        url: address,
        headers: { authorization: `Bearer ${who}` },
        ...payload,
      })
    ).statusCode;
  };
  assert.deepEqual(
    [await statusFor(author), await statusFor(admin), await statusFor(auditor)],
    [200, 404, 200],
  );
  assert.deepEqual(
    [await statusFor(admin, '/cancel', 'POST'), await statusFor(auditor, '/cancel', 'POST')],
    [404, 403],
  );
  assert.equal(await statusFor(author, '/outcome', 'POST'), 200);
  assert.equal((await send(`/v1/generations/${made['id']}`)).status, 200);
});
