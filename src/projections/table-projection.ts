import type { DomainEvent, ErasedEvent, EventHeader, OpenedEvent } from '#domain/event.ts';
import type { HeaderOnly, ProjectedEvent, Projection, TableDefinition } from './projection.ts';
import { type Change, type RowsOf, type StoredRow, rowsOf } from './table-rows.ts';

type Folded<Row> = Row | undefined;

/** What one event makes of its row: `undefined` before the first event, and to delete the row. */
type BodyHandlers<Row, Event extends DomainEvent> = {
  readonly [Type in Event['type']]?: (
    row: Folded<Row>,
    event: OpenedEvent<Extract<Event, { readonly type: Type }>>,
  ) => Folded<Row>;
};

type HeaderHandlers<Row, Event extends DomainEvent> = {
  readonly [Type in Event['type']]?: (row: Folded<Row>, event: HeaderOnly) => Folded<Row>;
};

export type TableProjection<
  Row extends object,
  Key extends keyof Row & string,
  Event extends DomainEvent,
> = {
  readonly name: string;
  readonly version: number;
  readonly partitions?: number;
  readonly restMs?: number;
  /** Column name → SQL type and constraints, `tenant_id` apart. Every one is written. */
  readonly columns: { readonly [Column in keyof Row & string]: string };
  /** Columns that the database fills from others, e.g. a search vector. */
  readonly generated?: Readonly<Record<string, string>>;
  readonly indexes?: readonly string[];
  readonly key: readonly Key[];
  /** Which row an event is about: known from the header, so that an erased event finds it too. */
  readonly keyOf: (header: EventHeader) => Pick<Row, Key>;
  /** Every event makes a row of its own, so none is looked up before. */
  readonly oneRowPerEvent?: boolean;
  /** Handlers that need what is in the event. */
  readonly body?: BodyHandlers<Row, Event>;
  /** Handlers that need to know only that it happened: its body is not opened. */
  readonly header?: HeaderHandlers<Row, Event>;
  /** What is left of the row when an event among those in `body` can no longer be opened. */
  readonly erased?: (row: Folded<Row>, event: ErasedEvent) => Folded<Row>;
};

/** A projection of one table, made from one handler per event: what it needs cannot drift from it. */
export function tableProjection<
  Row extends object,
  Key extends keyof Row & string,
  Event extends DomainEvent,
>(definition: TableProjection<Row, Key, Event>): Projection {
  const { name, version, partitions, restMs, key } = definition;
  const table = tableOf(definition);
  const rows: RowsOf = rowsOf({ table: table.name, columns: Object.keys(definition.columns), key });
  const bodies: Readonly<Record<string, unknown>> = definition.body ?? {};
  const headers: Readonly<Record<string, unknown>> = definition.header ?? {};
  const fold = foldWith(definition);

  return {
    name,
    version,
    ...(partitions !== undefined && { partitions }),
    ...(restMs !== undefined && { restMs }),
    tables: [table],
    needs: (type) => {
      if (Object.hasOwn(bodies, type)) return 'body';
      return Object.hasOwn(headers, type) ? 'header' : 'nothing';
    },
    handle: async (events, tables) => {
      const keys = events.map(({ header }) => ({
        tenant_id: header.tenant,
        ...(definition.keyOf(header) as object),
      }));
      const changes = new Map<string, Change>();
      const idOf = (row: StoredRow) =>
        [row['tenant_id'], ...key.map((column) => row[column])].join('\0');
      if (definition.oneRowPerEvent !== true) {
        for (const row of await rows.load(tables, distinct(keys, idOf))) {
          changes.set(idOf(row), { before: row, after: row });
        }
      }
      for (const [index, event] of events.entries()) {
        const rowKey = keys[index]!;
        const id = idOf(rowKey);
        const change = changes.get(id) ?? { before: undefined, after: undefined };
        const after = fold(change.after as Folded<Row>, event);
        const isSame = after === change.after;
        changes.set(id, {
          ...change,
          after: isSame ? change.after : after && { ...after, ...rowKey },
        });
      }
      await rows.save(tables, [...changes.values()]);
    },
  };
}

function tableOf({
  name,
  columns,
  generated = {},
  key,
  indexes = [],
}: Pick<
  TableProjection<object, never, DomainEvent>,
  'name' | 'columns' | 'generated' | 'indexes'
> & {
  readonly key: readonly string[];
}): TableDefinition {
  return {
    name: name.replaceAll('-', '_'),
    columns: Object.entries<string>({ ...columns, ...generated })
      .map(([column, type]) => `${column} ${type}`)
      .join(', '),
    key,
    indexes,
  };
}

function foldWith<Row extends object, Key extends keyof Row & string, Event extends DomainEvent>({
  body,
  header,
  erased,
}: TableProjection<Row, Key, Event>) {
  type AnyHandler = (row: Folded<Row>, event: ProjectedEvent) => Folded<Row>;
  const handlers = { ...header, ...body } as Readonly<Record<string, AnyHandler | undefined>>;
  return (row: Folded<Row>, event: ProjectedEvent): Folded<Row> => {
    if (event.erased === true) return erased === undefined ? row : erased(row, event);
    const handler = handlers[event.type];
    return handler === undefined ? row : handler(row, event);
  };
}

function distinct<T>(values: readonly T[], idOf: (value: T) => string): T[] {
  return [...new Map(values.map((value) => [idOf(value), value])).values()];
}
