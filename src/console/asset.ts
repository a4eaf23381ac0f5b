/** Styles and scripts, read once from their folder and served under the hash of them all. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AssetPath, ConsoleApp } from './area.js';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Stands in the sources, beside which the compiled program lies. */
const FOLDER = join(import.meta.dirname, '..', '..', 'src', 'console', 'assets');

/** Reads every asset and serves it; the paths change with what they hold, so that they may be kept. */
export function serveAssets(app: ConsoleApp): AssetPath {
  const files = new Map(readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')]));
  const hash = createHash('sha256')
    .update(JSON.stringify([...files]))
    .digest('hex')
    .slice(0, 16);
  app.get(`/assets/${hash}/:name`, (c) => {
    const name = c.req.param('name');
    const text = files.get(name);
    if (text === undefined) return c.notFound();
    c.header('Cache-Control', 'public, max-age=31536000, immutable');
    c.header('Content-Type', MEDIA_TYPES[name.split('.').at(-1) ?? ''] ?? 'text/plain; charset=utf-8');
    return c.body(text);
  });
  return (name) => {
    if (!files.has(name)) throw new Error(`there is no asset ${name}`);
    return `/assets/${hash}/${name}`;
  };
}
