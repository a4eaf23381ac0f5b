/** Tables. On a narrow screen each row becomes a card, with the column's title before each value. */
import type { Child } from 'hono/jsx';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => Child;
  /**
   * `main` names the row; `number` is set to the right; `wide` takes what room there is; `text` may be long, and never
   * gets so little room that words break.
   */
  readonly kind?: 'main' | 'number' | 'wide' | 'text';
}

interface TableProps<Row> {
  /** What the table holds, for those who hear it. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
}

export function Table<Row>({ caption, columns, rows }: TableProps<Row>) {
  return (
    <div class="table-frame">
      <table class="table">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ title, kind }) => (
              <th scope="col" class={kind}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              {columns.map(({ title, cell, kind }) =>
                kind === 'main' ? (
                  <th scope="row" class="main">
                    {cell(row)}
                  </th>
                ) : (
                  <td class={kind} data-label={title}>
                    <div>{cell(row)}</div>
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
