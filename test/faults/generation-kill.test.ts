import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { shippedPlans } from '#domain/plan/shipped-plans.ts';
import {
  type LoggedGeneration,
  generationsIn,
  isOver,
  wrongIn,
} from '#test/support/generations-in-log.ts';
import { type Caller, callerOf } from '#test/support/journey.ts';
import type { Script } from '#test/support/model-server/script.ts';
import { startModelServer } from '#test/support/model-server/server.ts';
import { type Server, emptyHome, startServer, until } from '#test/support/process.ts';
import { seededRandom } from '#test/support/random.ts';

// GENERATION_KILLS=20 is the long form; the seed repeats a run.
const KILLS = Number(process.env['GENERATION_KILLS'] ?? 3);
const SEED = Number(process.env['GENERATION_SEED'] ?? 9);
const AT_ONCE = 24;
const MAX_TOKENS = 40;
/** Holds of a dead process are settled after their lease. */
const SETTLED_WITHIN_MS = 60_000;

/** A server that is killed and started again on the same home and address. */
async function killable(t: TestContext, env: Readonly<Record<string, string>>) {
  const home = await emptyHome(t);
  let server: Server = await startServer(t, home, { env });
  const { url } = server;
  return {
    url,
    operator: callerOf(url, (await readFile(join(home, 'keys/operator'), 'utf8')).trim()),
    kill: async () => {
      server.child.kill('SIGKILL');
      await server.finished;
      server = await startServer(t, home, { env: { ...env, PORT: new URL(url).port } });
    },
  };
}

const largest = shippedPlans.find(({ planId }) => planId === 'enterprise')!.figures;
const open = { ...largest, requestsPerMinute: null, concurrentGenerations: null };

test(
  'every attempt that reached a provider is debited exactly once after kill -9 between any steps',
  { timeout: 300_000 },
  async (t) => {
    const random = seededRandom(SEED);
    const models = await startModelServer((): Script => scripted(random.next()));
    t.after(() => models.stop());
    const server = await killable(t, {
      OPENAI_API_KEY: 'sk-of-the-platform-0123456789',
      OPENAI_BASE_URL: `${models.origin}/v1`,
    });
    const { operator } = server;
    const publish = async (figures: object) => {
      const plan = { name: 'Wide', figures: { ...open, ...figures } };
      assert.equal((await operator.put('/admin/v1/plans/wide', plan)).status, 200);
    };
    await publish({});
    const tenant = { tenantId: 'acme', name: 'Acme', plan: 'wide' };
    assert.equal((await operator.post('/admin/v1/tenants', tenant)).status, 201);
    const issued = await operator.post('/admin/v1/tenants/acme/api-keys', { roles: ['owner'] });
    const owner = callerOf(server.url, String(issued.json['key']));
    const ask = (marker: string) =>
      owner.post(
        '/v1/generations',
        {
          model: 'gpt-5-mini',
          messages: [{ role: 'user', content: `Tell me of ${marker}` }],
          maxTokens: MAX_TOKENS,
        },
        { 'idempotency-key': marker },
      );

    const asked: string[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const before = models.requests.length;
      const answers = Array.from({ length: AT_ONCE }, async (_, index) => {
        const marker = `marker-${kill}-${index}-0`;
        asked.push(marker);
        await sleep(random.next() * 400);
        // The client does not hear what became of it, and asks again after the start.
        await ask(marker).catch(() => undefined);
      });
      const reached = before + 1 + Math.floor(random.next() * AT_ONCE * 0.6);
      await until(() => models.requests.length >= reached);
      await sleep(random.next() * 120);
      await server.kill();
      await Promise.all(answers);
    }
    for (const marker of asked) await ask(marker);

    await until(async () => (await generationsIn(owner)).every(isOver), SETTLED_WITHIN_MS);

    const generations = await generationsIn(owner);
    assert.deepEqual(wrongIn(generations, models.requests), []);
    const assumed = generations.flatMap(({ debits }) =>
      debits.filter(({ countedBy }) => countedBy === 'assumed'),
    );
    t.diagnostic(
      JSON.stringify({
        seed: SEED,
        kills: KILLS,
        generations: generations.length,
        requests: models.requests.length,
        debits: generations.reduce((sum, { debits }) => sum + debits.length, 0),
        assumed: assumed.length,
      }),
    );
    assert.ok(assumed.length > 0, 'no generation was under way when it was killed');
    await countersAreTheLog({ publish, ask, generations });
  },
);

/** Some answer at once, some take their time, some fail once. */
function scripted(chance: number): Script {
  const answer: Script = { text: ['One ', 'two.'], usage: { input: 20, output: 5 } };
  if (chance < 0.3) return answer;
  if (chance < 0.8) return { ...answer, fault: { kind: 'slow', everyMs: 60 } };
  return { fault: { kind: 'status', status: 503 } };
}

/** As many more fit as a budget allows that is the log's sum and room for three. */
async function countersAreTheLog({
  publish,
  ask,
  generations,
}: {
  readonly publish: (figures: object) => Promise<void>;
  readonly ask: (marker: string) => ReturnType<Caller['post']>;
  readonly generations: readonly LoggedGeneration[];
}): Promise<void> {
  const spent = generations
    .flatMap(({ debits }) => debits)
    .reduce((sum, { amount }) => sum + amount.tokens, 0);
  // Without room for an attempt nothing is admitted, with it there is.
  await publish({ tokensPerDay: spent });
  await sleep(2_500);
  const refused = await ask('marker-9-9-1');
  assert.deepEqual([refused.status, refused.json['limit']], [429, 'tokensPerDay'], refused.text);
  await publish({ tokensPerDay: spent + 100 });
  await sleep(2_500);
  const admitted = await ask('marker-9-9-2');
  assert.equal(admitted.status, 201, admitted.text);
}
