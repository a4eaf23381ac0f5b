/** A grid of counts: the more, the stronger its colour. Each that is not nought is a link. */

interface Cell {
  readonly value: number;
  readonly href: string;
  /** What it counts, for those who hear it. */
  readonly label: string;
}

interface Row {
  readonly name: string;
  readonly href?: string;
  readonly cells: readonly Cell[];
}

interface GridProps {
  readonly caption: string;
  /** The title of the rows. */
  readonly corner: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

const LEVELS = 4;

/** A table that scrolls by itself where there is no room for it. */
export function Grid({ caption, corner, columns, rows }: GridProps) {
  const most = Math.max(1, ...rows.flatMap(({ cells }) => cells.map(({ value }) => value)));
  return (
    <div class="activity-grid" role="region" aria-label={caption} tabindex={0}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{corner}</th>
            {columns.map((title) => (
              <th scope="col">
                <span>{title}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, href, cells }) => (
            <tr>
              <th scope="row">{href === undefined ? name : <a href={href}>{name}</a>}</th>
              {cells.map((cell) => (
                <td>{cell.value === 0 ? <span class="none">·</span> : <Filled cell={cell} most={most} />}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Filled({ cell: { value, href, label }, most }: { readonly cell: Cell; readonly most: number }) {
  const level = Math.max(1, Math.ceil((value / most) * LEVELS));
  return (
    <a class={`level-${String(level)}`} href={href} title={label}>
      <span class="unseen">{label}: </span>
      {value < 10_000 ? value : `${String(Math.floor(value / 1000))}k`}
    </a>
  );
}
