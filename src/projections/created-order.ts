import { type RawBuilder, type SqlBool, sql } from 'kysely';

/** A page of a list in the order of creation: the rows after this one. */
export type CreatedAfter = {
  readonly after?: { readonly createdAt: string; readonly id: string } | undefined;
  readonly limit: number;
};

/** Rows of one millisecond are told apart by their id, so that a page neither skips nor repeats. */
export const isAfter = (idColumn: string, after: CreatedAfter['after']): RawBuilder<SqlBool> =>
  after === undefined
    ? sql<SqlBool>`true`
    : sql<SqlBool>`(created_at, ${sql.ref(idColumn)}) > (${after.createdAt}, ${after.id})`;
