/** Runs the official conformance suite against a server, and reads what it found. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Ended, runChild } from '../clients/child.ts';

const SUITE = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url),
);

/** How many scenarios of a server the suite's requirement set of each revision has. */
export const REQUIRED = { '2025-11-25': 30, '2026-07-28': 37 } as const;

export type Revision = keyof typeof REQUIRED;

export const REVISIONS: readonly Revision[] = ['2025-11-25', '2026-07-28'];

/** `INFO` is a note of the suite's, which says nothing for or against a server. */
type Status = 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';

export interface Check {
  readonly id: string;
  readonly status: Status;
  readonly errorMessage?: string;
}

export interface Scenario {
  readonly name: string;
  /** Why the revision does not require it, in the suite's word; null where it does. */
  readonly optional: string | null;
  /** Whether no check failed, and one at least succeeded: one that only skipped or warned says nothing. */
  readonly isPassed: boolean;
  readonly checks: readonly Check[];
}

export interface Report {
  readonly revision: Revision;
  readonly scenarios: readonly Scenario[];
  /** Whether the suite itself ended well, and all that the revision requires ran and passed. */
  readonly isPassed: boolean;
  /** As in `30/30`: those that the revision requires. */
  readonly figure: string;
}

/** Runs all that the revision's requirement set names, over its own wire. */
export async function runSuite(url: string, revision: Revision): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-conformance-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    const named = namedIn(await suite(['list', '--server', '--requirements', revision], folder));
    const results = join(folder, 'results');
    const { status } = await suite(['server', '--url', url, '--requirements', revision, '-o', results], folder);
    const scenarios = named.map(([name, optional]) => judge(name, optional, checksOf(results, name)));
    const required = scenarios.filter(({ optional }) => optional === null);
    const passed = required.filter(({ isPassed }) => isPassed);
    const isWhole = required.length === REQUIRED[revision] && passed.length === required.length;
    return {
      revision,
      scenarios,
      isPassed: status === 0 && isWhole,
      figure: `${String(passed.length)}/${String(required.length)}`,
    };
  } finally {
    process.off('exit', remove);
    remove();
  }
}

/** More than it ever takes: a server that does not answer costs 30 s a scenario. */
const SUITE_MS = 20 * 60_000;

/** Runs it in a folder of its own, with nothing of this environment but the path. */
async function suite(args: readonly string[], folder: string): Promise<Ended> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, TMPDIR: folder };
  const ended = await runChild([process.execPath, SUITE, ...args], { cwd: folder, env, timeoutMs: SUITE_MS });
  process.stderr.write(ended.stderr);
  return ended;
}

/** The scenarios that a revision names for a server, each with the reason why it is not required, if it is not. */
function namedIn({ stdout }: Ended): readonly (readonly [name: string, optional: string | null])[] {
  const [, servers = '', rest = ''] = /^Server scenarios(.*?)^Client scenarios(.*)/ms.exec(stdout) ?? [];
  const required = [...servers.matchAll(/^ {2}- (\S+)$/gm)].map(([, name = '']) => [name, null] as const);
  const optional = [...rest.matchAll(/^ {2}([a-z-]+) \(\d+\):\n((?: {4}- .*\n?)+)/gm)].flatMap(
    ([, why = '', list = '']) => [...list.matchAll(/- (\S+) \[server\]/g)].map(([, name = '']) => [name, why] as const),
  );
  return [...required, ...optional];
}

/** What was found out in a scenario; nothing where it did not run. */
function checksOf(results: string, scenario: string): readonly Check[] {
  const folders = existsSync(results) ? readdirSync(results) : [];
  const folder = folders.find((name) => name.replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, '') === `server-${scenario}`);
  const file = folder === undefined ? '' : join(results, folder, 'checks.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Check[]) : [];
}

function judge(name: string, optional: string | null, checks: readonly Check[]): Scenario {
  const statuses = checks.map(({ status }) => status);
  return { name, optional, checks, isPassed: statuses.includes('SUCCESS') && !statuses.includes('FAILURE') };
}
