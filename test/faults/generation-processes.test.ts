import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { apiProcesses, quietAndExact, tenantWith } from '#test/support/api-processes.ts';
import { generationsIn, wrongIn } from '#test/support/generations-in-log.ts';
import type { Script } from '#test/support/model-server/script.ts';
import { whereRedisIs } from '#test/support/redis.ts';

// The long form: RACING_GENERATIONS=2000 npm test -- test/faults/generation-processes.test.ts
const RACING = Number(process.env['RACING_GENERATIONS'] ?? 200);
const FITTING = RACING / 20;
const MAX_TOKENS = 100;
const asked = (number: number) => ({
  model: 'gpt-5-mini',
  // Numbers of one length, so that every prompt has the same number of tokens.
  messages: [{ role: 'user', content: `Tell me of marker-${100_000 + number}` }],
  maxTokens: MAX_TOKENS,
});

if (whereRedisIs('own')) {
  test(
    'of many that race over four processes, each sent twice, just as many are admitted as the budget holds',
    { timeout: 60_000 + RACING * 100 },
    async (t) => {
      let usage = { input: 20, output: 2 };
      const answer = (): Script => ({ text: ['word '], usage });
      const all = await apiProcesses(t, answer);
      const { first, start, models, counters } = all;
      const others = ['second', 'third', 'fourth'];
      const apis = [first, ...(await Promise.all(others.map((name) => start(name, 'data'))))];

      const probe = await tenantWith(all, 'probe', {});
      const prober = first.as(probe.key);
      assert.equal((await prober.post('/v1/generations', asked(0))).status, 201);
      const tokens = (await generationsIn(prober))[0]?.reserved?.amount.tokens ?? 0;
      // Every one of them takes all that was set aside for it.
      usage = { input: tokens - MAX_TOKENS, output: MAX_TOKENS };
      const { tenantId, key } = await tenantWith(all, 'racers', { tokensPerDay: tokens * FITTING });

      const again = { unheard: 0, 409: 0, 503: 0 };
      const deliveries = Array.from({ length: RACING * 2 }, async (_, index) => {
        const number = Math.floor(index / 2);
        const api = apis[(number + (index % 2) * 3) % apis.length]!;
        const headers = { 'idempotency-key': `race-${number}` };
        // A connection that was idle may just be closed by the server.
        const send = async () =>
          await api
            .as(key)
            .post('/v1/generations', asked(number), headers)
            .then(
              ({ status }) => status,
              () => 'unheard',
            );
        let status = await send();
        // Too much at once for the machine, or another delivery at work: nothing is decided yet.
        for (; status in again && !t.signal.aborted; status = await send()) {
          again[status as keyof typeof again]++;
          await sleep(500);
        }
        return { number, status };
      });
      const answers = await Promise.all(deliveries);
      const heard: Record<string, number> = {};
      for (const both of Map.groupBy(answers, ({ number }) => number).values()) {
        const [one, other] = both.map(({ status }) => status);
        const what = one === other ? `${one} twice` : `${one} and ${other}`;
        heard[what] = (heard[what] ?? 0) + 1;
      }
      // Nobody hears of a refusal what somebody else hears of an admission.
      assert.deepEqual(heard, { '201 twice': FITTING, '429 twice': RACING - FITTING });

      const owner = first.as(key);
      const generations = await quietAndExact(counters, tenantId, owner);
      const ours = models.requests.slice(1);
      assert.equal(ours.length, FITTING);
      assert.deepEqual(wrongIn(generations, ours), []);
      const { unheard, 409: atWork, 503: tooMuch } = again;
      t.diagnostic(
        `${RACING * 2} deliveries, ${unheard} unheard, ${atWork} met another at work, ${tooMuch} were too much`,
      );
    },
  );
}
