// Rows under headings, as kubectl prints them: headings in capitals, three blanks between columns, nothing behind the last.
// Does not own where the cells come from.

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const gap = '   ';

// A cell is one line, and control characters of whoever made it do nothing to the terminal.
const plain = (cell: string): string => cell.replace(/\p{Cc}+/gu, ' ');

function widthsOf(lines: readonly (readonly string[])[]): number[] {
  const columns = Math.max(0, ...lines.map(({ length }) => length));
  return Array.from({ length: columns }, (_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
}

/** The lines, headings first. */
export function tableLines({ columns, rows }: Table): string[] {
  const lines = [columns.map((name) => name.toUpperCase()), ...rows.map((row) => row.map(plain))];
  const widths = widthsOf(lines);
  const last = widths.length - 1;
  return lines.map((line) =>
    line
      .map((cell, column) => (column === last ? cell : cell.padEnd(widths[column] ?? 0)))
      .join(gap)
      .trimEnd(),
  );
}

/** Lines under headings that were printed before: the columns stay where they are when the cells fit. */
export class GrowingTable {
  #widths: number[] = [];

  /** The headings are told with the first. */
  lines({ columns, rows }: Table): string[] {
    const heading = this.#widths.length === 0 ? [columns.map((name) => name.toUpperCase())] : [];
    const lines = [...heading, ...rows.map((row) => row.map(plain))];
    this.#widths = widthsOf(lines).map((width, column) => Math.max(width, this.#widths[column] ?? 0));
    return lines.map((line) =>
      line
        .map((cell, column) => cell.padEnd(this.#widths[column] ?? 0))
        .join(gap)
        .trimEnd(),
    );
  }
}
