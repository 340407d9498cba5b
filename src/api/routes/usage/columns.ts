import type { TenantId } from '#domain/ids.ts';
import type { ExportedUse } from '#projections/usage/exported-usage.ts';
import { type Column, dollars } from './csv.ts';

const HOUR_MS = 3_600_000;

type Columns = readonly Column<ExportedUse>[];

/** All that is known, under the names of the JSON. */
const everything: Columns = [
  ['hour', ({ hour }) => hour.toISOString()],
  ['day', ({ day }) => day],
  ['member', ({ member }) => member],
  ['key', ({ api_key }) => api_key],
  ['document', ({ document }) => document],
  ['model', ({ model }) => model],
  ['provider', ({ provider }) => provider],
  ['outcome', ({ outcome }) => outcome],
  ['labels', ({ labels }) => JSON.stringify(labels)],
  ['attempts', ({ attempts }) => attempts],
  ['tokens', ({ tokens }) => tokens],
  ['inputTokens', ({ input_tokens }) => input_tokens],
  ['cacheReadTokens', ({ cache_read_tokens }) => cache_read_tokens],
  ['cacheWriteTokens', ({ cache_write_tokens }) => cache_write_tokens],
  ['outputTokens', ({ output_tokens }) => output_tokens],
  ['reasoningTokens', ({ reasoning_tokens }) => reasoning_tokens],
  ['costNanoUsd', ({ cost_nano_usd }) => cost_nano_usd],
  ['assumedAttempts', ({ assumed_attempts }) => assumed_attempts],
  ['assumedCostNanoUsd', ({ assumed_cost_nano_usd }) => assumed_cost_nano_usd],
];

const cost = ({ cost_nano_usd }: ExportedUse) => dollars(cost_nano_usd);
const provider = (use: ExportedUse) => use.provider;
const tokens = (use: ExportedUse) => use.tokens;
const always = (text: string) => () => text;

/** The first instant of the UTC month that is `ahead` months on. */
const monthOf = (hour: Date, ahead: number) =>
  instant(Date.UTC(hour.getUTCFullYear(), hour.getUTCMonth() + ahead, 1));

const instant = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');

/**
 * FinOps Open Cost and Usage Specification 1.2 (focus.finops.org): all its mandatory columns, those
 * of the others that we know, and columns of our own. Nothing is discounted, so all costs are one;
 * what a column has no value for is null, which in CSV is nothing between the commas.
 */
const focus = (tenant: TenantId): Columns => [
  ['BilledCost', cost],
  ['BillingAccountId', always(tenant)],
  ['BillingAccountName', always(tenant)],
  ['BillingCurrency', always('USD')],
  ['BillingPeriodEnd', ({ hour }) => monthOf(hour, 1)],
  ['BillingPeriodStart', ({ hour }) => monthOf(hour, 0)],
  ['ChargeCategory', always('Usage')],
  ['ChargeClass', always('')],
  ['ChargeDescription', ({ model }) => `Tokens of ${model}`],
  ['ChargeFrequency', always('Usage-Based')],
  ['ChargePeriodEnd', ({ hour }) => instant(hour.getTime() + HOUR_MS)],
  ['ChargePeriodStart', ({ hour }) => instant(hour.getTime())],
  ['ConsumedQuantity', tokens],
  ['ConsumedUnit', always('Tokens')],
  ['ContractedCost', cost],
  ['EffectiveCost', cost],
  ['InvoiceIssuerName', provider],
  ['ListCost', cost],
  ['PricingCategory', always('Standard')],
  ['PricingQuantity', tokens],
  ['PricingUnit', always('Tokens')],
  ['ProviderName', provider],
  ['PublisherName', provider],
  ['ResourceId', ({ document }) => document],
  ['ResourceType', ({ document }) => (document === '' ? '' : 'Document')],
  ['ServiceCategory', always('AI and Machine Learning')],
  ['ServiceName', ({ model }) => model],
  ['ServiceSubcategory', always('Generative AI')],
  ['SkuId', ({ model }) => model],
  ['SubAccountId', ({ member }) => member],
  ['SubAccountType', ({ member }) => (member === '' ? '' : 'Member')],
  ['Tags', tagsOf],
  ['x_Attempts', ({ attempts }) => attempts],
  ['x_InputTokens', ({ input_tokens }) => input_tokens],
  ['x_CacheReadTokens', ({ cache_read_tokens }) => cache_read_tokens],
  ['x_CacheWriteTokens', ({ cache_write_tokens }) => cache_write_tokens],
  ['x_OutputTokens', ({ output_tokens }) => output_tokens],
  ['x_ReasoningTokens', ({ reasoning_tokens }) => reasoning_tokens],
  ['x_AssumedCost', ({ assumed_cost_nano_usd }) => dollars(assumed_cost_nano_usd)],
];

/**
 * Labels are the customer's tags, as they are; ours have a prefix whose slash no label's name can
 * have, so that no label is taken for one.
 */
function tagsOf({ outcome, api_key, labels }: ExportedUse): string {
  return JSON.stringify({
    ...Object.fromEntries(labels.map(tagOf)),
    'palimpsest/outcome': outcome,
    ...(api_key !== '' && { 'palimpsest/key': api_key }),
  });
}

function tagOf(label: string): readonly [string, string | true] {
  const named = label.indexOf('=');
  return named < 0 ? [label, true] : [label.slice(0, named), label.slice(named + 1)];
}

export const formats = ['csv', 'focus'] as const;

export const columnsFor = (format: (typeof formats)[number], tenant: TenantId): Columns =>
  format === 'csv' ? everything : focus(tenant);
