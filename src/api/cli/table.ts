/** Columns as wide as they need to be; nothing at all becomes `empty`. */
export function tableText(
  head: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
  empty: string,
): string {
  if (rows.length === 0) return empty;
  const cells = [head, ...rows.map((row) => row.map((cell) => String(cell ?? '-')))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** What a program reads, or what a person does. */
export function show(asJson: boolean | undefined, value: unknown, text: () => string): void {
  process.stdout.write(`${asJson ? JSON.stringify(value) : text()}\n`);
}
