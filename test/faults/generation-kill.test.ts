import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { shippedPlans } from '#domain/plan/shipped-plans.ts';
import { type Caller, callerOf } from '#test/support/journey.ts';
import type { Script } from '#test/support/model-server/script.ts';
import { type ReceivedRequest, startModelServer } from '#test/support/model-server/server.ts';
import { type Server, emptyHome, startServer, until } from '#test/support/process.ts';
import { seededRandom } from '#test/support/random.ts';

// GENERATION_KILLS=20 is the long form; the seed repeats a run.
const KILLS = Number(process.env['GENERATION_KILLS'] ?? 3);
const SEED = Number(process.env['GENERATION_SEED'] ?? 9);
const AT_ONCE = 24;
const MAX_TOKENS = 40;
/** Holds of a dead process are settled after their lease. */
const SETTLED_WITHIN_MS = 60_000;

type Logged = {
  readonly header: { readonly type: string; readonly stream: string };
  readonly data?: Record<string, unknown>;
};
type Of = { marker: string; types: string[]; debits: Record<string, unknown>[] };

const markerIn = (text: string): string => /marker-[\d-]+/.exec(text)?.[0] ?? '';
const ends = /^Generation(?:Completed|Blocked|Failed|Aborted)$/;

/** What each generation came to, as the log has it. */
async function generationsIn(owner: Caller): Promise<Of[]> {
  const { text } = await owner.get('/v1/audit/events');
  const found = new Map<string, Of>();
  for (const line of text.trim().split('\n')) {
    const { header, data = {} } = JSON.parse(line) as Logged;
    if (!header.stream.includes('/generation/')) continue;
    const of = found.get(header.stream) ?? { marker: '', types: [], debits: [] };
    found.set(header.stream, of);
    of.types.push(header.type);
    if (header.type === 'GenerationRequested') of.marker = markerIn(JSON.stringify(data));
    if (header.type === 'BudgetDebited') of.debits.push(data);
  }
  return [...found.values()];
}

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

    const unsettled = async () =>
      (await generationsIn(owner)).filter(({ types }) => !types.some((type) => ends.test(type)));
    await until(async () => (await unsettled()).length === 0, SETTLED_WITHIN_MS);

    const generations = await generationsIn(owner);
    const wrong = [
      ...generations.flatMap((one) => wrongWith(one, models.requests)),
      ...models.requests
        .filter(({ text }) => !generations.some(({ marker }) => marker === markerIn(text)))
        .map(({ text }) => `${markerIn(text)} reached the provider before the log`),
    ];
    assert.deepEqual(wrong, []);
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

function wrongWith({ marker, types, debits }: Of, requests: readonly ReceivedRequest[]): string[] {
  const reached = requests.filter(({ text }) => markerIn(text) === marker).length;
  const attempts = debits.map(({ attempt }) => attempt);
  const assumed = debits.filter(({ countedBy }) => countedBy === 'assumed').length;
  const isTwice = new Set(attempts).size !== attempts.length;
  // An attempt that was paid for may have been killed before it began: then it is assumed all the same.
  const isExact = debits.length === reached || debits.length - 1 === reached;
  const isExplained = debits.length === reached || assumed === 1;
  const endings = types.filter((type) => ends.test(type)).length;
  return [
    ...(isTwice ? [`${marker}: attempts ${attempts.join()} were debited`] : []),
    ...(isExact && isExplained ? [] : [`${marker}: ${reached} reached, ${debits.length} debited`]),
    ...(endings === 1 ? [] : [`${marker}: ${endings} ends in ${types.join()}`]),
  ];
}

/** As many more fit as a budget allows that is the log's sum and room for three. */
async function countersAreTheLog({
  publish,
  ask,
  generations,
}: {
  readonly publish: (figures: object) => Promise<void>;
  readonly ask: (marker: string) => ReturnType<Caller['post']>;
  readonly generations: readonly Of[];
}): Promise<void> {
  const spent = generations
    .flatMap(({ debits }) => debits)
    .reduce((sum, { amount }) => sum + (amount as { tokens: number }).tokens, 0);
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
