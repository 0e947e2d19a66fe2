/** A column of a table: its heading, and on which side its cells stand. */
export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

/** Markdown wants three dashes under a heading. */
const COLUMN_WIDTH_MIN = 3;

/** A table as Markdown, in columns that line up in a terminal too. Cells that a row lacks are empty. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, position) =>
    Math.max(COLUMN_WIDTH_MIN, title.length, ...rows.map((row) => row[position]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string => {
    const padded = columns.map(({ align }, position) => {
      const cell = cells[position] ?? "";
      return align === "left" ? cell.padEnd(widths[position] ?? 0) : cell.padStart(widths[position] ?? 0);
    });
    return `| ${padded.join(" | ")} |`;
  };
  const rule = columns.map(({ align }, position) => {
    const dashes = "-".repeat((widths[position] ?? 1) - 1);
    return align === "left" ? `${dashes}-` : `${dashes}:`;
  });
  return [line(columns.map(({ title }) => title)), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n");
}

/** Columns of these titles; the first stands left, the others right. */
export function columnsOf(...titles: readonly string[]): readonly Column[] {
  return titles.map((title, position) => ({ title, align: position === 0 ? "left" : "right" }));
}

/** What a benchmark is meant to reach, and what it did. */
export interface Aim {
  readonly title: string;
  /** NaN when it was not measured this time. */
  readonly measured: number;
  /** Measured values above it miss the aim. */
  readonly most: number;
  readonly unit: string;
}

/** Whether an aim was measured and not reached. */
export function isMissed({ measured, most }: Aim): boolean {
  return measured > most;
}

/** Aims with what was measured, one a line: `PASS`, `MISS`, or nothing when it was not measured. */
export function renderAims(aims: readonly Aim[]): string {
  return renderTable(
    [
      { title: "", align: "left" },
      ...columnsOf("aim", "measured", "at most"),
      { title: "unit", align: "left" },
    ],
    aims.map((aim) => [
      Number.isNaN(aim.measured) ? "" : isMissed(aim) ? "MISS" : "PASS",
      aim.title,
      rounded(aim.measured),
      rounded(aim.most),
      aim.unit,
    ]),
  );
}

/** A number as tables show it: three digits that mean something, no exponent. */
export function rounded(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en").replaceAll(",", " ");
  return Number(value.toPrecision(3)).toString();
}

/** The middle one; the mean of two when there is none. NaN of nothing. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [upper = Number.NaN, lower = Number.NaN] = [sorted[middle], sorted[middle - 1]];
  return sorted.length % 2 === 1 ? upper : (lower + upper) / 2;
}

/** Says something on standard output. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
