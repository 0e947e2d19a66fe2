import { countOf, type Html, html, NOTHING } from "./html.ts";

/** Rows of one table at most; what is above is counted. */
export const ROWS_MAX = 200;

/** A table for people. On a narrow screen each row becomes a card whose cells carry the name of their column. */
export interface Table<Row> {
  /** Unique on its page. */
  readonly id: string;
  readonly title: string;
  /** What a row is, e.g. `timer`, for the count above the table. */
  readonly noun: string;
  readonly columns: readonly string[];
  /** The first {@link ROWS_MAX} are shown. */
  readonly rows: readonly Row[];
  /** One cell per column; the first one names the row. */
  readonly cellsOf: (row: Row) => readonly Html[];
  /** What stands instead of a table without rows. */
  readonly empty: Html | string;
  /** A sentence above the table. */
  readonly note?: Html | string;
}

/** A section with a heading and its table. */
export function renderTable<Row>(table: Table<Row>): Html {
  const { id, title, noun, rows, empty, note } = table;
  const count = rows.length === 0 ? NOTHING : html` <span class="count">${rows.length}</span>`;
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}${count}</h2>
    ${note === undefined ? NOTHING : html`<p class="note">${note}</p>`}
    ${rows.length === 0 ? html`<p class="empty">${empty}</p>` : renderRows(table)}
    ${
      rows.length > ROWS_MAX
        ? html`<p class="note">… and ${countOf(rows.length - ROWS_MAX, noun)} more, not shown here.</p>`
        : NOTHING
    }
  </section>`;
}

// A row that is laid out as a card is no row to assistive technology any more; the roles say that it is.
function renderRows<Row>({ title, columns, rows, cellsOf }: Table<Row>): Html {
  return html`<table role="table">
    <caption>
      ${title}
    </caption>
    <thead role="rowgroup">
      <tr role="row">
        ${columns.map((column) => html`<th role="columnheader" scope="col">${column}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.slice(0, ROWS_MAX).map(
        (row) =>
          html`<tr role="row">
            ${cellsOf(row).map((cell, at) => renderCell(columns[at] ?? "", cell, at))}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function renderCell(column: string, cell: Html, at: number): Html {
  return at === 0
    ? html`<th role="rowheader" scope="row" data-label="${column}"><div>${cell}</div></th>`
    : html`<td role="cell" data-label="${column}"><div>${cell}</div></td>`;
}
