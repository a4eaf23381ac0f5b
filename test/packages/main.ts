/**
 * `npm run test:packages [-- NAME…]`: builds all packages, installs each on a machine that has nothing, and does the main
 * job there. It asks the registry of npm for the packages and for the tools of each format. Takes some minutes.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { endOnSignal } from '../clients/child.ts';
import { Machine } from './machine.ts';
import { CHECKS } from './packages.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

function say(name: string, text: string): void {
  process.stderr.write(`${name}: ${text}\n`);
}

/** Whether nothing was wrong. */
async function look(name: string): Promise<boolean> {
  const machine = new Machine(name);
  const end = () => machine.end();
  process.once('exit', end);
  try {
    await CHECKS[name]!(machine, (seen) => say(name, seen));
    return true;
  } catch (error) {
    say(name, `FAILED: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  } finally {
    end();
    process.off('exit', end);
  }
}

async function main(asked: readonly string[]): Promise<number> {
  const unknown = asked.filter((name) => !Object.hasOwn(CHECKS, name));
  if (unknown.length > 0) {
    process.stderr.write(`There are ${Object.keys(CHECKS).join(', ')}.\n`);
    return 2;
  }
  execFileSync(process.execPath, ['scripts/package.mjs', 'all'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const failed: string[] = [];
  for (const name of asked.length === 0 ? Object.keys(CHECKS) : asked) if (!(await look(name))) failed.push(name);
  process.stdout.write(failed.length === 0 ? 'all packages work\n' : `failed: ${failed.join(', ')}\n`);
  return failed.length === 0 ? 0 : 1;
}

endOnSignal();
process.exitCode = await main(process.argv.slice(2));
