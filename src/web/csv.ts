/** What a spreadsheet takes for a formula when a cell begins with it, white space before it or not. */
const FORMULA = /^\s*[=+\-@|%\t\r\n\uFF0B\uFF0D\uFF1D\uFF20]/u;
/** Controls end rows, or hide what follows; a cell holds none. */
const CONTROLS = /\p{Cc}+/gu;
const CELL_LENGTH_MAX = 2_000;

/**
 * A row of comma-separated values, each in quotes. A text that a spreadsheet would run begins with an apostrophe instead; controls are
 * spaces; at most 2,000 characters of each are kept.
 */
export function csvRow(cells: readonly (string | number | undefined)[]): string {
  return `${cells.map(cellOf).join(",")}\r\n`;
}

function cellOf(value: string | number | undefined): string {
  if (typeof value === "number") return `"${value}"`;
  const cut = (value ?? "").slice(0, CELL_LENGTH_MAX).toWellFormed();
  const text = FORMULA.test(cut) ? `'${cut}` : cut;
  return `"${text.replaceAll(CONTROLS, " ").replaceAll('"', '""')}"`;
}
