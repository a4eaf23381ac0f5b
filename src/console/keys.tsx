/** The keys, in their dialog and wherever else they are told. What they do is in the script. */
import type { Area } from './area.js';

const HELP = '/help';

/** A key of one page, and what it does. */
export type KeyOf = readonly [key: string, what: string];

interface KeysProps {
  readonly areas: readonly Area[];
  /** Keys of the page alone. */
  readonly keys?: readonly KeyOf[];
}

/** The keys that the console knows; `?` opens it. */
export function KeysDialog({ areas, keys = [] }: KeysProps) {
  return (
    <dialog id="keys" aria-labelledby="keys-title">
      <form method="dialog">
        <h2 id="keys-title">Keys</h2>
        <Keys areas={areas} keys={keys} />
        {areas.some(({ path }) => path === HELP) ? (
          <p>
            <a href={HELP}>Help: the words, the query, the first steps</a>
          </p>
        ) : null}
        <button class="button" type="submit">
          Close
        </button>
      </form>
    </dialog>
  );
}

/** The keys of every page and of this one, and what each does. */
export function Keys({ areas, keys = [] }: KeysProps) {
  const ways = areas.flatMap(({ path, title, key }) => (key === undefined ? [] : [{ path, title, key }]));
  return (
    <dl class="keys">
      <KeyRow keys={['/']} what="Search" />
      <KeyRow keys={['?']} what="These keys" />
      {keys.map(([key, what]) => (
        <KeyRow keys={[key]} what={what} />
      ))}
      {ways.map(({ path, title, key }) => (
        <KeyRow keys={['g', key]} what={title} href={path} />
      ))}
      <KeyRow keys={['Esc']} what="Close" />
    </dl>
  );
}

function KeyRow({
  keys,
  what,
  href,
}: {
  readonly keys: readonly string[];
  readonly what: string;
  readonly href?: string;
}) {
  return (
    <div>
      <dt>
        {keys.map((key) => (
          <kbd>{key}</kbd>
        ))}
      </dt>
      <dd data-key={href === undefined ? undefined : keys.at(-1)} data-href={href}>
        {what}
      </dd>
    </div>
  );
}
