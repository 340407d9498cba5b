import { ByteReader } from './columns.ts';

const MAGIC_AND_CHECKSUM = 8;
const DOCUMENT = 0;
const HASH_BYTES = 32;
const DEFLATED = 0b1000;

type SavedColumns = {
  readonly actors: readonly string[];
  readonly changes: Columns;
  readonly ops: Columns;
};

/** The columns of a document that Automerge saved uncompressed. */
export function savedColumns(saved: Uint8Array): SavedColumns {
  const reader = new ByteReader(saved, MAGIC_AND_CHECKSUM);
  if (reader.byte() !== DOCUMENT) throw new Error('Automerge saved no document.');
  reader.unsigned();
  const actors = Array.from({ length: reader.unsigned() }, () =>
    Buffer.from(reader.take(reader.unsigned())).toString('hex'),
  );
  reader.take(reader.unsigned() * HASH_BYTES);
  const changeLayout = layoutFrom(reader);
  const opLayout = layoutFrom(reader);
  const changes = columnsFrom(reader, changeLayout);
  return { actors, changes, ops: columnsFrom(reader, opLayout) };
}

type Layout = readonly { readonly column: number; readonly length: number }[];
/** The bytes of a column by its number; none where it is not there. */
export type Columns = (column: number) => Uint8Array;

const layoutFrom = (reader: ByteReader): Layout =>
  Array.from({ length: reader.unsigned() }, () => ({
    column: reader.unsigned(),
    length: reader.unsigned(),
  }));

function columnsFrom(reader: ByteReader, layout: Layout): Columns {
  const columns = new Map(layout.map(({ column, length }) => [column, reader.take(length)]));
  if (layout.some(({ column }) => (column & DEFLATED) !== 0)) {
    throw new Error('Automerge compressed a column that was to be read.');
  }
  return (column) => columns.get(column) ?? new Uint8Array();
}
