/** What the machine has to offer: a Node that clients can start the program with. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { ok, warning, type Finding } from './finding.js';

const CHECK = 'node';
const TIME_MS = 10_000;

/** The program runs, so its own Node will do; a client starts it with the first one in PATH, which may be another. */
export function checkNode(env: NodeJS.ProcessEnv): Finding {
  const found = spawnSync('node', ['--version'], { env: { PATH: env['PATH'] }, timeout: TIME_MS, encoding: 'utf8' });
  const version = /^v([0-9]+)\.([0-9]+)\.[0-9]+/.exec(found.status === 0 ? found.stdout : '');
  if (version === null) {
    return warning(CHECK, 'There is no `node` in PATH, so clients cannot start the program.', INSTALL);
  }
  const [text, major, minor] = version;
  const [leastMajor, leastMinor] = leastNode();
  const isNew = Number(major) > leastMajor || (Number(major) === leastMajor && Number(minor) >= leastMinor);
  if (isNew) return ok(CHECK, `Node ${process.versions.node} runs this, and the one in PATH is ${text}.`);
  const least = `${String(leastMajor)}.${String(leastMinor)}`;
  return warning(CHECK, `The first \`node\` in PATH is ${text}; clients that start with it need ${least}.`, INSTALL);
}

const INSTALL = 'Install a newer Node (https://nodejs.org), and put it first in the PATH of your clients.';

function leastNode(): readonly [major: number, minor: number] {
  const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  const [, major, minor] = /"node": ">=([0-9]+)\.([0-9]+)"/.exec(manifest) ?? [];
  return [Number(major), Number(minor)];
}
