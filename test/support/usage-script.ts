import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { Transaction } from 'kysely';
import type { DomainEvent } from '#domain/event.ts';
import { eventTypes } from '#domain/event-types.ts';
import { type GenerationId, suggestionOf } from '#domain/generation/ids.ts';
import type { TenantId } from '#domain/ids.ts';
import type { Spent } from '#domain/generation/events.ts';
import { streamOf } from '#domain/stream.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import { usage } from '#projections/usage/projection.ts';
import { append, caughtUp, projectionWorld, projector } from './projections.ts';
import { type Random, seededRandom } from './random.ts';
import { acme, umbra } from './sealing.ts';
import type { Written } from './usage-sums.ts';

// A log of generations of random fates, and its sums, from what was written and nothing else.

const pick = <T>(random: Random, from: readonly T[]): T => from[random.below(from.length)]!;
const people = Array.from({ length: 3 }, () => randomUUID());
const documents = Array.from({ length: 2 }, () => randomUUID());
const keys = ['', '0123456789abcdef', 'fedcba9876543210'];
const labelSets = [
  [],
  ['=cmd()'],
  ['team=a', 'team=b'],
  ['team=b', 'team=a', 'city=Zürich, "quoted"'],
];
const models = ['gpt-5-mini', 'claude-haiku-4-5', 'offline'];

/** One generation of a random fate: attempts, holds that were lost, an end or none, and a decision. */
function generation(random: Random) {
  const id = randomUUID() as GenerationId;
  const [member, document, key] = [
    pick(random, people),
    pick(random, ['', ...documents]),
    pick(random, keys),
  ];
  const labels = pick(random, labelSets);
  const at = (model: string) => ({ model, provider: 'openai', priceVersion: 1 });
  const amount = () => ({
    tokens: random.below(5_000),
    costNanoUsd: random.below(2 ** 31) * 4_000_000,
  });
  const [hour, date] = [random.below(24), 1 + random.below(4)];
  const recordedAt = `2026-03-0${date}T${String(hour).padStart(2, '0')}:59:59.999Z`;
  // The reservation was made in a zone of half an hour, when it was another day.
  const day = `2026-03-0${date + random.below(2)}`;
  const reserved = (): DomainEvent => ({
    type: 'BudgetReserved',
    data: {
      holder: 'h',
      windows: { day, month: '2026-03' },
      scopes: [
        'tenant',
        `member:${member}`,
        ...(key === '' ? [] : [`key:${key}`]),
        ...labels.map((label) => `label:${label}`),
      ],
      amount: amount(),
      leaseMs: 1,
      epoch: 'e',
      at: at('offline'),
      ...(document !== '' && { document }),
    },
  });
  // A hold that was lost is made anew, in the place of the one before.
  const rest = Array.from({ length: 1 + random.below(2) }, reserved);
  const first = (rest.at(-1)!.data as { amount: Spent }).amount;
  let held = { tokens: first.tokens, cost: BigInt(first.costNanoUsd) };
  const debits: Debited[] = [];
  for (let attempt = 1; attempt <= random.below(4); attempt += 1) {
    const countedBy = pick(random, ['provider', 'us', 'assumed']);
    const isAssumed = countedBy === 'assumed';
    const debit = { model: pick(random, models), amount: amount(), isAssumed };
    debits.push(debit);
    held = heldAfter(held, debit.amount, -1);
    if (attempt > 1) {
      const toppedUp = { attempt, amount: amount(), epoch: 'e', at: at(debit.model) };
      held = heldAfter(held, toppedUp.amount, 1);
      rest.push({ type: 'BudgetToppedUp', data: toppedUp });
    }
    rest.push({
      type: 'BudgetDebited',
      data: {
        attempt,
        at: at(debit.model),
        amount: debit.amount,
        inputTokens: 1,
        cacheReadTokens: 0,
        cacheWriteTokens: 0,
        outputTokens: 2,
        reasoningTokens: 0,
        countedBy,
        implausible: false,
      },
    });
  }
  const [ending, status] = pick(random, [
    [{ type: 'GenerationCompleted', data: { attempt: 1 } }, 'completed'],
    [{ type: 'GenerationFailed', data: { reason: 'lost' } }, 'failed'],
    [{ type: 'GenerationAborted', data: { by: 'caller' } }, 'aborted'],
    [undefined, 'open'],
  ] as const);
  if (ending !== undefined) {
    rest.push(ending);
    rest.push(...corrections(random, debits, amount));
  }
  return {
    id,
    member,
    document,
    key,
    labels,
    day,
    recordedAt,
    rest,
    debits,
    status,
    left: {
      tokens: BigInt(Math.max(0, held.tokens)),
      cost: held.cost > 0n ? held.cost : 0n,
    },
  };
}

type Debited = { model: string; amount: Spent; isAssumed: boolean };

/** Of some of what was debited; what the log says in the end takes the place of what it said. */
const corrections = (random: Random, debits: Debited[], amount: () => Spent) =>
  debits.flatMap((debit, index): DomainEvent[] => {
    if (random.below(3) > 0) return [];
    const [was, is] = [debit.amount, amount()];
    Object.assign(debit, { amount: is, isAssumed: false });
    const data = { attempt: index + 1, was, amount: is, reason: 'invoice' };
    return [{ type: 'BudgetAdjusted', data }];
  });

const heldAfter = (
  { tokens, cost }: { readonly tokens: number; readonly cost: bigint },
  amount: Spent,
  sign: 1 | -1,
) => ({
  tokens: tokens + sign * amount.tokens,
  cost: cost + BigInt(sign) * BigInt(amount.costNanoUsd),
});

export async function scripted(t: TestContext, seed: number) {
  const random = seededRandom(seed);
  const world = await projectionWorld(t);
  const process = await projector(t, world, [usage], { definitions: eventTypes });
  const written: Written = { lines: [], holds: [], outcomes: new Map(), labels: new Map() };

  const writeOne = async (tenant: TenantId) => {
    const made = generation(random);
    const { id, recordedAt, day, member, document, key } = made;
    const stream = streamOf(tenant, 'generation', id);
    const sealedBy = { recordedAt };
    await append(world, stream, made.rest, sealedBy);
    if (made.status === 'open') {
      written.holds.push({ tenant, day, member, key, generation: id, ...made.left });
    }
    written.outcomes.set(id, made.status);
    written.labels.set(id, made.labels);
    const hour = recordedAt.replace('59:59.999Z', '00:00Z');
    for (const { model, amount, isAssumed } of made.debits) {
      const [tokens, cost] = [BigInt(amount.tokens), BigInt(amount.costNanoUsd)];
      const of = { tenant, generation: id, day, hour, member, model, document, key };
      written.lines.push({ ...of, tokens, cost, isAssumed });
    }
    return { tenant, id, isAnswered: made.status === 'completed', document };
  };

  const decideOn = async ({ tenant, id, document }: Awaited<ReturnType<typeof writeOne>>) => {
    if (document === '') {
      const outcome = pick(random, ['accepted', 'edited', 'rejected']);
      written.outcomes.set(id, outcome);
      await append(world, streamOf(tenant, 'generation', id), {
        type: 'OutcomeGiven',
        data: { outcome },
      });
      return;
    }
    const suggestion = streamOf(tenant, 'suggestion', suggestionOf(id));
    const [event, outcome] = pick(random, [
      [
        { type: 'SuggestionAccepted', data: { revision: 1, extent: 'whole', text: 'x' } },
        'accepted',
      ],
      [{ type: 'SuggestionEdited', data: { revision: 1, text: 'x' } }, 'edited'],
      [{ type: 'SuggestionRejected', data: {} }, 'rejected'],
    ] as const);
    written.outcomes.set(id, outcome);
    await append(world, suggestion, { type: event.type, data: { document, ...event.data } });
  };

  for (let round = 0; round < 4; round += 1) {
    const made = [];
    for (let one = 0; one < 12; one += 1) made.push(await writeOne(pick(random, [acme, umbra])));
    // So that what is decided now was shown before, in some rounds.
    if (random.below(2) === 0) await caughtUp(world, process, [usage]);
    for (const one of made) if (one.isAnswered && random.below(2) === 0) await decideOn(one);
  }
  // A person's own suggestion is no generation's.
  const own = streamOf(acme, 'suggestion', randomUUID());
  await append(world, own, { type: 'SuggestionRejected', data: { document: documents[0]! } });
  return { world, process, written };
}

export type Scripted = Awaited<ReturnType<typeof scripted>>;

/** Reads the views as this tenant. */
export const inViews = <T, Tables>(
  { process }: Scripted,
  tenant: TenantId,
  work: (tables: Transaction<Tables>) => Promise<T>,
): Promise<T> => runAsTenant(tenant, () => process.views.read(work));
