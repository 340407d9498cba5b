import { type Transaction, sql } from 'kysely';
import type { GenerationId } from '#domain/generation/ids.ts';
import { partsOf } from '#domain/stream.ts';
import type { ProjectedEvent, Projection } from '#projections/projection.ts';
import { type StoredRow, rowsOf } from '#projections/table-rows.ts';
import { type Changes, change, save, usageHours } from './buckets.ts';
import {
  type GenerationUse,
  begun,
  evolved,
  readBodies,
  readHeaders,
  settled,
} from './generation-use.ts';

type Row = GenerationUse & { readonly tenant_id: string; readonly generation_id: string };
export type UsageGenerationsTables = { usage_generations: Row };

const columns: { readonly [Column in keyof GenerationUse]: string } = {
  member: 'text not null',
  api_key: 'text not null',
  document: 'text not null',
  labels: 'text[] not null',
  day: 'text not null',
  month: 'text not null',
  outcome: 'text not null',
  is_open: 'boolean not null',
  reserved_tokens: 'bigint not null',
  reserved_cost: 'bigint not null',
  debits: 'jsonb not null',
  suggestion_id: 'uuid not null',
};

const rows = rowsOf({
  table: 'usage_generations',
  columns: Object.keys(columns),
  key: ['generation_id'],
});

/**
 * Keeps `usage_hours`, what was used, and `usage_generations`, by which what comes later (an
 * outcome, a decision about a suggestion) moves the use that it is about.
 */
export const usage: Projection = {
  name: 'usage',
  version: 1,
  restMs: 200,
  tables: [
    {
      name: 'usage_generations',
      columns: `generation_id uuid not null, ${Object.entries(columns)
        .map(([column, type]) => `${column} ${type}`)
        .join(', ')}`,
      key: ['generation_id'],
      indexes: ['(tenant_id, suggestion_id)', '(tenant_id) where is_open'],
    },
    usageHours,
  ],
  needs: (type) => {
    if (readBodies.has(type)) return 'body';
    return readHeaders.has(type) ? 'header' : 'nothing';
  },
  handle: async (events, tables) => {
    const before = await knownOf(tables, events);
    const after = new Map(before);
    const bySuggestion = new Map(
      [...before].map(([key, { tenant_id, suggestion_id }]) => [
        `${tenant_id} ${suggestion_id}`,
        key,
      ]),
    );
    for (const event of events) {
      const { tenant_id, kind, id } = placeOf(event);
      const key =
        kind === 'suggestion' ? bySuggestion.get(`${tenant_id} ${id}`) : `${tenant_id} ${id}`;
      const known = key === undefined ? undefined : after.get(key);
      // A person's own suggestion, or a prompt that was blocked before anything was held for it.
      if (key === undefined || (known === undefined && event.type !== 'BudgetReserved')) continue;
      const use = known ?? { tenant_id, generation_id: id, ...begun(id as GenerationId) };
      const evolve = kind === 'suggestion' ? settled : evolved;
      after.set(key, { ...use, ...evolve(use, event) });
      bySuggestion.set(`${tenant_id} ${use.suggestion_id}`, key);
    }
    const changes: Changes = new Map();
    for (const [key, row] of after) change(changes, row.tenant_id, before.get(key), row);
    await rows.save(
      tables,
      [...after].map(([key, row]) => ({ before: before.get(key), after: row })),
    );
    await save(tables, changes);
  },
};

const placeOf = ({ header }: ProjectedEvent) => {
  const { tenant, kind, id } = partsOf(header.stream)!;
  return { tenant_id: tenant as string, kind, id };
};

/** What is known of the generations that these events are about, by tenant and id. */
async function knownOf(
  tables: Transaction<unknown>,
  events: readonly ProjectedEvent[],
): Promise<ReadonlyMap<string, Row>> {
  const places = [
    ...new Map(events.map((event) => [event.header.stream, placeOf(event)])).values(),
  ];
  const { generation = [], suggestion = [] } = Object.groupBy(places, ({ kind }) =>
    kind === 'suggestion' ? 'suggestion' : 'generation',
  );
  const keys: StoredRow[] = generation.map(({ tenant_id, id }) => ({
    tenant_id,
    generation_id: id,
  }));
  const found = [...(await rows.load(tables, keys)), ...(await ofSuggestions(tables, suggestion))];
  return new Map(
    (found as unknown as readonly Row[]).map((row) => [
      `${row.tenant_id} ${row.generation_id}`,
      row,
    ]),
  );
}

async function ofSuggestions(
  tables: Transaction<unknown>,
  suggestions: readonly { readonly tenant_id: string; readonly id: string }[],
): Promise<readonly StoredRow[]> {
  if (suggestions.length === 0) return [];
  const { rows: found } = await sql<{ row: StoredRow }>`
    select to_jsonb(usage_generations) as row
      from jsonb_to_recordset(${JSON.stringify(suggestions)}::jsonb) as given(tenant_id text, id uuid)
      join usage_generations on usage_generations.tenant_id = given.tenant_id
                            and usage_generations.suggestion_id = given.id`.execute(tables);
  return found.map(({ row }) => row);
}
