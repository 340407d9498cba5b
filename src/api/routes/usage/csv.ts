import { stringify } from 'csv-stringify/sync';

export type Column<Row> = readonly [name: string, of: (row: Row) => string];

/**
 * RFC 4180. What a spreadsheet would take for a formula (OWASP, CSV injection) is led by an
 * apostrophe: labels are texts of whoever has a key.
 */
export const csvOf = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string =>
  linesOf(rows.map((row) => columns.map(([, of]) => of(row))));

export const headingOf = <Row>(columns: readonly Column<Row>[]): string =>
  linesOf([columns.map(([name]) => name)]);

const linesOf = (rows: readonly (readonly string[])[]): string =>
  stringify(
    rows.map((row) => [...row]),
    { escape_formulas: true, record_delimiter: 'windows' },
  );

/** Exactly, from nano-dollars: `1234567890` is `1.234567890`. */
export function dollars(nano: string): string {
  const digits = nano.padStart(10, '0');
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`;
}
