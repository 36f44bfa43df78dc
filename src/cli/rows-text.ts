// Rows as CSV (RFC 4180) or as a table for a terminal.

export type Cell = string | number | boolean | null | undefined;
type Rows = readonly Readonly<Record<string, Cell>>[];

export function csv(rows: Rows): string {
  const columns = columnsOf(rows);
  return [columns, ...rows.map((row) => columns.map((name) => textOf(row[name])))]
    .map((cells) => `${cells.map(quoted).join(",")}\r\n`)
    .join("");
}

export function table(rows: Rows): string {
  if (rows.length === 0) return "nothing\n";
  const columns = columnsOf(rows);
  const lines = [columns, ...rows.map((row) => columns.map((name) => textOf(row[name])))];
  const widths = columns.map((_, i) => Math.max(...lines.map((cells) => cells[i]?.length ?? 0)));
  return lines
    .map(
      (cells) =>
        `${cells
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

function columnsOf(rows: Rows): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))];
}

function textOf(cell: Cell): string {
  return cell === null || cell === undefined ? "" : String(cell);
}

/** A spreadsheet would run what begins like a formula. */
function quoted(cell: string): string {
  const safe = /^[=+@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
