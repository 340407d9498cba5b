import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import type { Script } from '#test/support/model-server/script.ts';
import { editorOf, type ModelTenant, modelTenant, onPlan } from '#test/support/model-tenant.ts';

const question = { role: 'user', content: 'Summarise: The heron fishes at dawn. It stands still.' };
const asked = { messages: [question], maxTokens: 50 };
const answer: Script = { text: ['Fish', '.'], usage: { input: 31, output: 7 } };
const unavailable: Script = { fault: { kind: 'status', status: 503, headers: {} } };

// The columns that FOCUS 1.2 calls mandatory.
const neverNull = [
  'BilledCost',
  'BillingAccountId',
  'BillingCurrency',
  'BillingPeriodEnd',
  'BillingPeriodStart',
  'ChargeCategory',
  'ChargePeriodEnd',
  'ChargePeriodStart',
  'ContractedCost',
  'EffectiveCost',
  'InvoiceIssuerName',
  'ListCost',
  'ProviderName',
  'PublisherName',
  'ServiceCategory',
  'ServiceName',
];
const mayBeNull = [
  'BillingAccountName',
  'ChargeClass',
  'ChargeDescription',
  'PricingQuantity',
  'PricingUnit',
];

type Sum = readonly [attempts: number, tokens: number, cost: string];
type Use = { value: string | null; attempts: number; tokens: number; costNanoUsd: string };
type Logged = {
  position: string;
  header: { type: string; stream: string; apiKeyId?: string; recordedAt: string };
  /** What this test looks at. */
  data: {
    amount: { tokens: number; costNanoUsd: number };
    at: { model: string };
    windows: { day: string };
    requestedBy: string;
    target?: { document: string };
    outcome: string;
  };
};

/** Generations of several fates, by the whole application on a real Postgres. */
async function fates(ours: ModelTenant): Promise<void> {
  const { models, send } = ours;
  const generate = async (body: object, ...scripts: Script[]) => {
    models.next(...scripts);
    const made = await send('/v1/generations', { ...asked, ...body });
    const text = await made.text();
    assert.equal(made.status, 201, text);
    return JSON.parse(text) as { id: string; status: string };
  };
  const first = await generate({ model: 'gpt-5-mini' }, answer);
  await send(`/v1/generations/${first.id}/outcome`, { outcome: 'edited' });
  await generate({ model: 'gpt-5-mini' }, answer);
  await generate({ model: 'gpt-5-mini' }, unavailable, answer);
  await generate({ model: 'gpt-5-mini' }, unavailable, unavailable, unavailable);
  await generate({ model: 'gpt-5-mini' }, { text: ['Nobody counted this.'] });
  await generate({ model: 'offline' });
  const titled = { title: 'Birds', markdown: '# Herons\n\nThe heron fishes at dawn.\n' };
  const { id } = JSON.parse(await (await send('/v1/documents', titled)).text());
  const { sections } = JSON.parse(await (await send(`/v1/documents/${id}`)).text());
  const target = { document: id, section: sections[0].id, as: 'edit' };
  await generate({ model: 'gpt-5-mini', target }, answer);
}

/** What the log says, generation by generation. */
async function logged({ send }: ModelTenant): Promise<readonly Logged[]> {
  const lines = (await (await send('/v1/audit/events')).text()).trim().split('\n');
  return lines
    .map((line): Logged => JSON.parse(line))
    .filter(({ header }) => header.stream.includes('/generation/'));
}

/** Attempts, tokens and cost, by whatever a debit is told apart by. */
function summed(events: readonly Logged[], by: (of: readonly Logged[], debit: Logged) => string) {
  const sums = new Map<string, Sum>();
  for (const of of Map.groupBy(events, ({ header }) => header.stream).values()) {
    for (const debit of of.filter(({ header }) => header.type === 'BudgetDebited')) {
      const value = by(of, debit);
      const [attempts, tokens, cost] = sums.get(value) ?? [0, 0, '0'];
      const { amount } = debit.data;
      const total = String(BigInt(cost) + BigInt(amount.costNanoUsd));
      sums.set(value, [attempts + 1, tokens + amount.tokens, total]);
    }
  }
  return Object.fromEntries(sums);
}

const dataOf = (of: readonly Logged[], type: string) =>
  of.find(({ header }) => header.type === type)?.data;

const statuses: Readonly<Record<string, string>> = {
  GenerationCompleted: 'completed',
  GenerationFailed: 'failed',
};

const breakdowns: Readonly<
  Record<string, (of: readonly Logged[], debit: Logged) => string | undefined>
> = {
  day: (of) => dataOf(of, 'BudgetReserved')?.windows.day,
  hour: (_, { header }) => header.recordedAt.replace(/:\d\d:\d\d\.\d+Z/, ':00:00Z'),
  member: (of) => dataOf(of, 'GenerationRequested')?.requestedBy,
  model: (_, { data }) => data.at.model,
  document: (of) => dataOf(of, 'GenerationRequested')?.target?.document,
  key: (of) => of[0]!.header.apiKeyId,
  label: () => undefined,
  outcome: (of) =>
    dataOf(of, 'OutcomeGiven')?.outcome ??
    of.flatMap(({ header }) => statuses[header.type] ?? [])[0],
};

/** The view as soon as it holds all that is in the log. */
async function readUsage(ours: ModelTenant, path: string): Promise<string> {
  const position = (await logged(ours)).at(-1)!.position;
  const read = await ours.send(path, undefined, { 'palimpsest-min-position': position });
  const text = await read.text();
  assert.equal(read.status, 200, text);
  return text;
}

test('use is what the log says, to the nano-dollar, whatever it is broken down by', async (t) => {
  const ours = await modelTenant(t);
  const kolkata = await onPlan(ours, 'kolkata', {});
  await fates(kolkata);
  await ours.send('/v1/generations', { ...asked, model: 'offline' });
  const events = await logged(kolkata);
  const all = summed(events, () => 'all')['all']!;
  for (const [by, valueOf] of Object.entries(breakdowns)) {
    const text = await readUsage(kolkata, `/v1/usage?by=${by}`);
    const { items, totals } = JSON.parse(text) as { items: Use[]; totals: Use };
    const sumOf = (use: Use): Sum => [use.attempts, use.tokens, use.costNanoUsd];
    const shown = Object.fromEntries(items.map((use) => [use.value ?? 'none', sumOf(use)]));
    const expected = summed(events, (of, debit) => valueOf(of, debit) ?? 'none');
    assert.deepEqual(shown, expected, by);
    assert.deepEqual(sumOf(totals), all, by);
  }
});

test('exports are read back by a reader of CSV, and add up to the log', async (t) => {
  const ours = await modelTenant(t);
  await fates(ours);
  const [attempts, tokens, cost] = summed(await logged(ours), () => 'all')['all']!;
  const rowsOf = async (format: string): Promise<Record<string, string>[]> => {
    const text = await readUsage(ours, `/v1/usage/export?format=${format}`);
    return parse(text, { columns: true });
  };
  const total = (rows: Record<string, string>[], column: string) =>
    rows.reduce((sum, row) => sum + BigInt(row[column]!.replace('.', '')), 0n);

  const rows = await rowsOf('csv');
  assert.equal(total(rows, 'attempts'), BigInt(attempts));
  assert.equal(total(rows, 'tokens'), BigInt(tokens));
  assert.equal(total(rows, 'costNanoUsd'), BigInt(cost));

  const charges = await rowsOf('focus');
  for (const column of ['BilledCost', 'EffectiveCost', 'ListCost', 'ContractedCost']) {
    assert.equal(total(charges, column), BigInt(cost), column);
  }
  assert.equal(total(charges, 'PricingQuantity'), BigInt(tokens));
  for (const charge of charges) {
    assert.match(charge['BilledCost']!, /^\d+\.\d{9}$/);
    const [start, end] = [charge['ChargePeriodStart']!, charge['ChargePeriodEnd']!];
    assert.equal(Date.parse(end) - Date.parse(start), 3_600_000);
    assert.ok(charge['BillingPeriodStart']! <= start && end <= charge['BillingPeriodEnd']!);
    assert.equal(typeof JSON.parse(charge['Tags']!)['palimpsest/outcome'], 'string');
    for (const column of neverNull) assert.notEqual(charge[column], '', column);
  }
  const columns = Object.keys(charges[0]!);
  for (const column of [...neverNull, ...mayBeNull]) assert.ok(columns.includes(column), column);
  const own = columns.filter((column) => column.startsWith('x_'));
  assert.deepEqual(columns.slice(-own.length), own, 'columns of our own come last');
});

test('members are shown their own use, whatever they ask for', async (t) => {
  const ours = await modelTenant(t);
  const json = async (sent: Promise<Response>) => JSON.parse(await (await sent).text());
  const { id, headers: asEve } = await editorOf(ours);
  await ours.send('/v1/generations', { ...asked, model: 'offline' });
  await ours.send('/v1/generations', { ...asked, model: 'offline' }, asEve);
  const head = { ...asEve, 'palimpsest-min-position': (await logged(ours)).at(-1)!.position };
  const shown = async (query: string): Promise<(string | null)[]> => {
    const { items } = await json(ours.send(`/v1/usage?by=member${query}`, undefined, head));
    return items.map(({ value }: Use) => value);
  };
  assert.deepEqual(await shown(''), [id]);
  assert.deepEqual(await shown(`&member=${ours.memberId}`), []);
  const exported = await ours.send('/v1/usage/export', undefined, head);
  const rows: Record<string, string>[] = parse(await exported.text(), { columns: true });
  assert.deepEqual([...new Set(rows.map(({ member }) => member))], [id]);
});

test('bounds of two kinds are refused, and whatever is no id', async (t) => {
  const ours = await modelTenant(t);
  const bounds = 'from=2026-03-01&to=2026-03-02T00:00:00Z';
  for (const query of [
    bounds,
    'from=2026-03-01T00:30:00Z',
    'from=0000-01-01T00:00:00Z',
    'to=0001-01-01T00:00:00%2B14:00',
    'by=mood',
    'cursor=x',
    'member=x',
    'label=%00',
  ]) {
    assert.equal((await ours.send(`/v1/usage?${query}`)).status, 400, query);
  }
});
