import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { columnsFor } from '#api/routes/usage/columns.ts';
import { csvOf, headingOf } from '#api/routes/usage/csv.ts';
import type { ExportedUse } from '#projections/usage/exported-usage.ts';
import { acme } from '#test/support/given.ts';

const none = { input_tokens: '0', cache_read_tokens: '0', cache_write_tokens: '0' };
const use: ExportedUse = {
  ...none,
  bucket: '00000000-0000-4000-8000-000000000000',
  hour: new Date('2026-12-31T23:00:00Z'),
  day: '2027-01-01',
  member: '',
  api_key: '',
  document: '',
  model: 'gpt-5-mini',
  provider: 'openai',
  outcome: 'completed',
  labels: ['team=a=b', 'palimpsest=mine', '__proto__=x', 'alone'],
  attempts: '1',
  tokens: '9007199254740993',
  output_tokens: '7',
  reasoning_tokens: '0',
  cost_nano_usd: '9007199254740993',
  assumed_attempts: '0',
  assumed_cost_nano_usd: '0',
};

const read = (format: 'csv' | 'focus', row: ExportedUse): Record<string, string> => {
  const columns = columnsFor(format, acme);
  const rows: Record<string, string>[] = parse(headingOf(columns) + csvOf(columns, [row]), {
    columns: true,
  });
  return rows[0]!;
};

test('labels are tags by name and value, and none can pass for a tag of ours', () => {
  const tags = JSON.parse(read('focus', use)['Tags']!);
  assert.deepEqual(Object.entries(tags), [
    ['team', 'a=b'],
    ['palimpsest', 'mine'],
    ['__proto__', 'x'],
    ['alone', true],
    ['palimpsest/outcome', 'completed'],
  ]);
});

test('figures beyond 2^53 are told to the last digit, and months end where UTC says', () => {
  const charge = read('focus', use);
  assert.equal(charge['BilledCost'], '9007199.254740993');
  assert.equal(charge['ConsumedQuantity'], '9007199254740993');
  assert.equal(charge['BillingPeriodStart'], '2026-12-01T00:00:00Z');
  assert.equal(charge['ChargePeriodEnd'], '2027-01-01T00:00:00Z');
  assert.equal(charge['BillingPeriodEnd'], '2027-01-01T00:00:00Z');
});

test('what a spreadsheet would run is led by an apostrophe', () => {
  const { labels } = read('csv', { ...use, labels: ['=cmd()'] });
  assert.equal(labels, '["=cmd()"]');
  assert.equal(read('csv', { ...use, model: '=cmd()' })['model'], "'=cmd()");
});
