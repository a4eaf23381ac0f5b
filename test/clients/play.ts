/**
 * `play.ts PLAN`: runs the clients that a plan names, one after the other, and prints what holds. It is started by
 * `main.ts`, where possible in a network that has the loopback address alone.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endOnSignal } from './child.ts';
import { startEcho } from './echo.ts';
import { CLIENTS, type Plan } from './plan.ts';
import { makeSafe } from './safe.ts';
import { playClient, type Outcome } from './scenario.ts';

const plan = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Plan;
const MAX_PRINTED = 4_000;

/** What the table says of a client. */
interface Row {
  readonly name: string;
  readonly version: string;
  readonly result: string;
  readonly faults: readonly string[];
  readonly count: number;
}

async function rows(): Promise<readonly Row[]> {
  const folder = join(plan.folder, 'safe');
  mkdirSync(folder, { mode: 0o700 });
  const echo = await startEcho();
  const safe = await makeSafe(folder, echo.host);
  const ground = { folder: plan.folder, safe, echo: echo.host, isIsolated: plan.isIsolated };
  const made: Row[] = [];
  for (const client of CLIENTS.filter(({ name }) => name in plan.scripts)) {
    const script = plan.scripts[client.name] ?? null;
    const outcome = script === null ? undefined : await playClient(client, script, ground);
    made.push(rowOf(client, outcome));
  }
  await Promise.all([echo.close(), safe.close()]);
  return made;
}

function rowOf({ name, version }: { readonly name: string; readonly version: string }, outcome?: Outcome): Row {
  if (outcome === undefined)
    return { name, version, result: 'not tried: it cannot be fetched here', faults: [], count: 0 };
  const faults = outcome.verdicts.filter(([, holds]) => !holds).map(([claim]) => claim);
  const count = outcome.verdicts.length;
  if (faults.length > 0) process.stderr.write(`\n== ${name} printed\n${outcome.printed.slice(0, MAX_PRINTED)}\n`);
  return { name, version, result: `${String(count - faults.length)} of ${String(count)}`, faults, count };
}

function print(table: readonly Row[]): void {
  const network = plan.isIsolated ? 'the loopback address alone' : 'not shut off; a proxy that lets nothing through';
  const lines = table.flatMap(({ name, version, result, faults }) => [
    `${name.padEnd(18)} ${version.padEnd(9)} ${result}`,
    ...faults.map((fault) => `  not so: ${fault}`),
  ]);
  const failed = table.reduce((sum, { faults }) => sum + faults.length, 0);
  const passed = table.reduce((sum, { count }) => sum + count, 0) - failed;
  const last = `${String(passed)} passed, ${String(failed)} failed`;
  process.stdout.write(`\n${[`network: ${network}`, ...lines, last].join('\n')}\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}

endOnSignal();
print(await rows());
