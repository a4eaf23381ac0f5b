/** The outermost parts of every page. */
import type { PropsWithChildren } from 'hono/jsx';
import type { AssetPath } from './area.js';

interface DocumentProps {
  /** As it stands in the tab. */
  readonly title: string;
  readonly asset: AssetPath;
  readonly styles?: readonly string[];
  readonly scripts?: readonly string[];
  /** How long until the console locks by itself; null where it is locked. */
  readonly idleMs?: number | null;
}

const STYLES = ['base.css', 'parts.css', 'layout.css'];

export function Document({
  title,
  asset,
  styles = [],
  scripts = [],
  idleMs = null,
  children,
}: PropsWithChildren<DocumentProps>) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>{`${title} · Vouchsafe`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <link rel="icon" href={asset('icon.svg')} type="image/svg+xml" />
        {[...STYLES, ...styles].map((name) => (
          <link rel="stylesheet" href={asset(name)} />
        ))}
        {scripts.map((name) => (
          <script type="module" src={asset(name)}></script>
        ))}
      </head>
      <body data-idle-ms={idleMs === null ? undefined : String(idleMs)}>{children}</body>
    </html>
  );
}

/** The mark of the product: a keyhole in a seal. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">
      <rect class="mark-ground" x="1" y="1" width="30" height="30" rx="9" />
      <circle class="mark-sign" cx="16" cy="13" r="4.5" />
      <path class="mark-sign" d="M13.9 15.5h4.2l2 8.5h-8.2z" />
    </svg>
  );
}

interface LoneProps {
  readonly title: string;
  readonly asset: AssetPath;
  readonly scripts?: readonly string[];
}

/** A page with nothing but what it says: before the lock, and where there is nothing to show. */
export function LonePage({ title, asset, scripts = [], children }: PropsWithChildren<LoneProps>) {
  return (
    <Document title={title} asset={asset} scripts={scripts}>
      <main class="lone" id="content">
        <p class="lone-brand">
          <Mark /> Vouchsafe
        </p>
        <h1>{title}</h1>
        {children}
      </main>
    </Document>
  );
}
