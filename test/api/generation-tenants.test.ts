import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type ModelTenant, modelTenant, onPlan } from '#test/support/model-tenant.ts';
import type { Script } from '#test/support/model-server/script.ts';
import type { ReceivedRequest } from '#test/support/model-server/server.ts';
import { until } from '#test/support/process.ts';
import { seededRandom } from '#test/support/random.ts';

// The long form: INTERLEAVED_GENERATIONS=1000 npm test -- test/api/generation-tenants.test.ts
const REQUESTS = Number(process.env['INTERLEAVED_GENERATIONS'] ?? 200);
const AT_ONCE = 16;

const markers = { zebra: 'marker-of-zebra', heron: 'marker-of-heron' } as const;
type Name = keyof typeof markers;
const otherOf = (name: Name): Name => (name === 'zebra' ? 'heron' : 'zebra');

/** What a model says is made of what it was told, and of the number of the call. */
function echo() {
  let calls = 0;
  return ({ text }: ReceivedRequest): Script => {
    calls += 1;
    const told = Object.values(markers).filter((marker) => text.includes(marker));
    return {
      text: [`call-${calls} `, ...told.map((marker) => `${marker} `)],
      usage: { input: 30, output: 8 },
    };
  };
}

type Side = ModelTenant & {
  readonly name: Name;
  readonly document: string;
  readonly section: string;
};

async function side(ours: ModelTenant, name: Name): Promise<Side> {
  const tenant = await onPlan(ours, name, {});
  const markdown = `# Birds\n\nAll of ${markers[name]}.\n`;
  const answer = await tenant.send('/v1/documents', { title: 'Birds', markdown });
  const made = JSON.parse(await answer.text());
  return { ...tenant, name, document: made.id, section: made.sections[0].id };
}

type Kind = (one: Side, other: Side) => readonly [path: string, body: object];

const model = 'gpt-5-mini';
const system = ({ name }: Side) => ({ role: 'system', content: `You serve ${markers[name]}.` });
const question = { role: 'user', content: 'Say it again.' };
const onTarget =
  (as: 'suggest' | 'edit'): Kind =>
  ({ document, section }) => [
    '/v1/generations',
    { model, messages: [question], maxTokens: 50, target: { document, section, as } },
  ];

const kinds: readonly Kind[] = [
  (one) => ['/v1/generations', { model, messages: [system(one), question], maxTokens: 50 }],
  (one) => ['/v1/generations', { task: 'converse', messages: [system(one), question] }],
  // The same words from both, so that an answer that is kept for one would fit the other.
  () => ['/v1/generations', { model, messages: [question], maxTokens: 50, temperature: 0 }],
  () => ['/openai/v1/chat/completions', { model, messages: [question], temperature: 0 }],
  (one) => [
    '/openai/v1/chat/completions',
    { model, messages: [system(one), question], stream: true },
  ],
  onTarget('suggest'),
  onTarget('edit'),
  ({ name }, { document, section }) => [
    '/v1/generations',
    {
      model,
      messages: [{ role: 'user', content: `For ${markers[name]}` }],
      target: { document, section, as: 'suggest' },
    },
  ],
];

async function interleaved(t: TestContext) {
  const roles = ['data', 'control', 'projector', 'worker'] as const;
  const ours = await modelTenant(t, { roles: [...roles], answer: echo() });
  const sides = { zebra: await side(ours, 'zebra'), heron: await side(ours, 'heron') };
  const heard: Record<Name, string[]> = { zebra: [], heron: [] };
  const random = seededRandom(6);
  let left = REQUESTS;
  const work = async () => {
    while (left-- > 0) {
      const name: Name = random.next() < 0.5 ? 'zebra' : 'heron';
      const [one, other] = [sides[name], sides[otherOf(name)]];
      const [path, body] = kinds[Math.floor(random.next() * kinds.length)]!(one, other);
      const accept = random.next() < 0.3 ? { accept: 'text/event-stream' } : {};
      const answer = await one.send(path, body, path.startsWith('/v1') ? accept : {});
      heard[name].push(await answer.text());
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { ours, sides, heard };
}

const callsIn = (texts: readonly string[]) =>
  new Set(texts.flatMap((text) => text.match(/call-\d+/g) ?? []));

test('of interleaved generations of two tenants nothing of one reaches the other', async (t) => {
  const { ours, sides, heard } = await interleaved(t);
  const { requests } = ours.models;
  const both = requests.filter(({ text }) =>
    Object.values(markers).every((marker) => text.includes(marker)),
  );
  assert.deepEqual(both, []);
  for (const marker of Object.values(markers)) {
    assert.ok(requests.filter(({ text }) => text.includes(marker)).length > REQUESTS / 10);
  }

  const shown: Record<Name, string[]> = { zebra: [], heron: [] };
  for (const { name, document, send } of Object.values(sides)) {
    const read = async (path: string, headers = {}) =>
      await (await send(`/v1/documents/${document}${path}`, undefined, headers)).text();
    const suggestions = async () => await read('/suggestions?limit=100');
    await until(async () => (await suggestions()).includes(markers[name]));
    shown[name].push(await read(''), await suggestions(), await read('/blame'));
    shown[name].push(await (await send('/v1/audit/events')).text());
  }
  for (const name of ['zebra', 'heron'] as const) {
    const foreign = [...heard[name], ...shown[name]].filter((text) =>
      text.includes(markers[otherOf(name)]),
    );
    assert.deepEqual(foreign, [], `${name} was shown something of ${otherOf(name)}`);
  }
  // What was answered to both in the same words was never one and the same answer.
  const calls = { zebra: callsIn(heard.zebra), heron: callsIn(heard.heron) };
  assert.ok(calls.zebra.size > 0 && calls.heron.size > 0);
  assert.deepEqual(
    [...calls.zebra].filter((call) => calls.heron.has(call)),
    [],
  );
});
